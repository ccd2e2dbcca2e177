// What the files of a store have in common: whether they are of one store, and which epoch is the
// newest that all of them have.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "recovery/marker.h"
#include "recovery/partition.h"
#include "recovery/result.h"

namespace streamhost::recovery {

// One file as it was found.
struct Found {
  std::filesystem::path file;
  int64_t part = 0, parts = 1;  // by its name
  const Catalog* catalog = nullptr;
};

// Refuses files that are not those of one store, each in its place.
Outcome check_identity(const std::vector<Found>& files);

// Nothing was ever begun: a file that is missing may be made (again).
bool untouched(const std::vector<Found>& files);

// The epoch to resume from, 0 for none. Refuses files whose ages differ so that there is none.
Result<int64_t> common_epoch(const std::vector<Found>& files);

// Refuses files that lack what is known to be committed, further back than was promised.
Outcome check_marker(const std::optional<Marker>& marker, const std::vector<Found>& files,
                     const std::filesystem::path& directory, int64_t resume);

}  // namespace streamhost::recovery
