// Gathers the rows of an epoch, however they come, and gives them out as runs want them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "recovery/row.h"

namespace streamhost::recovery {

class RowSorter {
 public:
  // `steps`: step_number() of each; `files`: how many there are. `here`: those that rows are given
  // out for; all when that is not said.
  RowSorter(std::vector<int64_t> steps, uint32_t files,
            std::optional<std::vector<uint32_t>> here = {});

  // `step` is an index.
  void add(uint32_t step, RowBlock block);
  size_t bytes() const { return bytes_; }

  // Gives out every row of a step that goes to one file: sorted by (hash, key), the last of a key
  // only. Once per step and file that has rows; `take_row` is called in between. `file` is an index
  // into `here`.
  using BeginRun = std::function<void(uint32_t file, int64_t step)>;
  using TakeRow = std::function<void(const EncodedRow& row)>;
  using EndRun = std::function<void()>;
  // Empties it.
  void drain(const BeginRun& begin_run, const TakeRow& take_row, const EndRun& end_run);
  // A file that is not here, of which a row was added nevertheless.
  std::optional<uint32_t> astray() const { return astray_; }

 private:
  static constexpr uint32_t kElsewhere = UINT32_MAX;
  struct Entry {
    uint64_t hash;
    const char* row;
  };
  void sort(std::vector<Entry>& entries);
  static void give(const std::vector<Entry>& entries, const TakeRow& take_row);

  std::vector<int64_t> steps_;
  uint32_t files_;
  std::vector<uint32_t> places_;  // of each file, in `here`; kElsewhere
  uint32_t count_ = 0;            // of those here
  std::optional<uint32_t> astray_;
  std::vector<std::vector<RowBlock>> blocks_;  // of each step
  std::vector<Entry> scratch_;
  size_t bytes_ = 0;
};

}  // namespace streamhost::recovery
