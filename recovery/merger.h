// Keeps a file small and quick to read: merges runs that no resume within `backup` needs apart,
// deletes what was merged, cleared or given up, and gives free pages back. Works in pieces, each a
// transaction of its own, so that an epoch never waits for more than one of them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "recovery/partition.h"
#include "recovery/row_merge.h"
#include "recovery/run_writer.h"

namespace streamhost::recovery {

// The runs of a step that are worth merging now, always the newest of those given (oldest first);
// empty when none are. Keeps a step's runs few (a dozen, and one more each time it triples) and
// what was replaced or erased within about a half of what is alive.
std::vector<RunRow> worth_merging(const std::vector<RunRow>& runs);

class Merger {
 public:
  // `at`: see StoreOptions.
  Merger(Partition& partition, std::function<void(std::string_view)> at)
      : partition_(partition), at_(std::move(at)) {}

  // Does a piece of work on what epochs up to `horizon` have left behind: about how many bytes it
  // read, wrote or freed, 0 when there is nothing to do, or not now. Outside of transactions. What
  // fails is undone and stays in the partition's outcome, unless the disk is full: that waits.
  int64_t work(int64_t horizon);
  // An epoch has passed.
  void epoch_passed() { pause_ = pause_ > 0 ? pause_ - 1 : 0; }

 private:
  // A merge that goes on.
  struct Merge {
    Merge(Partition& partition, const RunRow& into, std::vector<RunRow> runs)
        : chunks(partition.database()),
          rows(chunks, runs),
          writer(partition, into),
          sources(std::move(runs)) {}
    ChunkReader chunks;
    RowMerge rows;
    RunWriter writer;
    std::vector<RunRow> sources;
    bool whole_step = false;  // nothing older is left: no need to remember what is gone
  };

  int64_t do_work(int64_t horizon);
  // Nothing older than a `clears` is needed.
  void clear(int64_t horizon);
  // Deletes what is dead, about `limit` bytes of it; how many.
  int64_t sweep(int64_t limit);
  bool plan(int64_t horizon);
  int64_t merge();
  void finish(const RunRow& merged);

  Partition& partition_;
  std::function<void(std::string_view)> at_;
  std::unique_ptr<Merge> merge_;
  bool merged_ = false;             // the piece ended a merge
  bool shrink_ = true;              // there may be free pages
  int pause_ = 0, next_pause_ = 1;  // in epochs, after the disk was full
};

}  // namespace streamhost::recovery
