// The file `committed` of a store: the newest epoch that is known to be committed, outside of the
// files that hold it. It shows what those cannot show of themselves: that all of them are missing,
// or that all of them, or the only one, have lost the newest epochs.
//
// A line of text, written over in place and not forced to the disk: after a crash of the machine it
// may tell of an older epoch, which does no harm.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "recovery/result.h"

namespace streamhost::recovery {

struct Marker {
  std::string store;  // MetaRow::store
  uint32_t parts = 0;
  int64_t epoch = 0;    // committed
  int64_t horizon = 0;  // the oldest epoch that was promised to be still possible
};

// Empty when there is none, or it cannot be understood.
std::optional<Marker> read_marker(const std::filesystem::path& directory);

// Writes markers. Used by one thread at a time.
class MarkerWriter {
 public:
  MarkerWriter() = default;
  ~MarkerWriter();
  MarkerWriter(const MarkerWriter&) = delete;
  MarkerWriter& operator=(const MarkerWriter&) = delete;

  // Makes the file, or opens it, and forces this marker to the disk.
  Outcome open(const std::filesystem::path& directory, const Marker& marker);
  // Later ones. What fails here leaves an older marker, which does no harm.
  void write(const Marker& marker);

 private:
  int file_ = -1;
};

}  // namespace streamhost::recovery
