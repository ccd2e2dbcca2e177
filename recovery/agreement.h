// What the files of a store have in common: whether they are of one store, and which epoch is the
// newest that all of them have.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "recovery/partition.h"
#include "recovery/result.h"
#include "recovery/shares.h"

namespace streamhost::recovery {

// One file as it was found.
struct Found {
  std::filesystem::path file;
  int64_t part = 0, parts = 1;  // by its name
  const Catalog* catalog = nullptr;
};

// Refuses files that are not those of one store, each in its place.
Outcome check_identity(const std::vector<Found>& files);

// What others need to know of a file. Without where it is, and who has locked it.
HeldPart describe(const Found& found);

// A part as the others know it, and how it is called in messages.
struct Known {
  std::string name;
  const HeldPart* part = nullptr;
};

// The epoch to resume from, 0 for none. Refuses files whose ages differ so that there is none.
// `files`: at least one.
Result<int64_t> common_epoch(const std::vector<Known>& files);
Result<int64_t> common_epoch(const std::vector<Found>& files);

// Refuses a store that lacks what `marker` says was committed, further back than was promised.
// `name`: of the file the marker was found with; `directory`: of the marker.
Outcome check_marker(const HeldMarker& marker, const std::string& store, int64_t resume,
                     const std::string& name, const std::filesystem::path& directory);

}  // namespace streamhost::recovery
