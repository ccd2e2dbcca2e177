#include "recovery/merger.h"

#include <algorithm>
#include <set>

#include "recovery/points.h"

namespace streamhost::recovery {
namespace {

constexpr int64_t kPiece = 1 << 20;  // bytes
constexpr int64_t kShrinkPages = kPiece / kPageSize;
constexpr int64_t kWorthwhile = 256 << 10;  // bytes; less garbage than that may lie
constexpr int64_t kSmallRun = 4 << 10;      // bytes; each costs as much as that
constexpr size_t kManyRuns = 12;

// How much of `run` the rows of newer runs may have made useless.
int64_t garbage(const RunRow& run, int64_t newer_bytes, int64_t newer_erased) {
  const int64_t row = run.rows > 0 ? run.bytes / run.rows : 0;
  return std::max(newer_bytes, std::min(newer_erased * row, run.bytes));
}

}  // namespace

std::vector<RunRow> worth_merging(const std::vector<RunRow>& runs) {
  if (runs.size() < 2) return {};
  // Backwards, the sums of what is newer; the first run that passes is the oldest one.
  int64_t newer_bytes = 0, newer_erased = 0;
  size_t from = runs.size();
  for (size_t i = runs.size(); i-- > 0;) {
    const int64_t useless = garbage(runs[i], newer_bytes, newer_erased);
    const bool much = useless * 2 >= runs[i].bytes;
    const bool now = runs.size() >= kManyRuns || (i == 0 && useless >= kWorthwhile);
    if (i + 1 < runs.size() && much && now) from = i;
    newer_bytes += std::max(runs[i].bytes, kSmallRun);
    newer_erased += runs[i].erased;
  }
  return {runs.begin() + static_cast<std::ptrdiff_t>(from), runs.end()};
}

int64_t Merger::work(int64_t horizon) {
  if (pause_ > 0 || !partition_.database().ok()) return 0;
  partition_.database().doing("merge old epochs");
  merged_ = false;
  const int64_t done = do_work(horizon);
  if (partition_.database().ok()) {
    if (done > 0) partition_.checkpoint();
    if (merged_) {
      next_pause_ = 1;
      at_(kPointMerged);
    }
    return done;
  }
  merge_.reset();
  const bool full = partition_.database().full();
  const Outcome outcome = partition_.database().outcome();
  partition_.rollback();
  if (!full) {
    partition_.database().fail(outcome.failure());
    return 0;
  }
  // An epoch that needs room will say so.
  pause_ = next_pause_;
  next_pause_ = std::min(next_pause_ * 2, 256);
  return 0;
}

int64_t Merger::do_work(int64_t horizon) {
  const auto& runs = partition_.catalog().runs;
  const bool dead = std::any_of(runs.begin(), runs.end(),
                                [](const RunRow& run) { return run.is(RunState::kDead); });
  const bool clears = std::any_of(runs.begin(), runs.end(), [&](const RunRow& run) {
    return run.clears != 0 && run.is(RunState::kWhole) && run.last_epoch <= horizon;
  });
  if (dead || clears || merge_ != nullptr || plan(horizon)) {
    partition_.begin();
    // The file says that it cannot give older epochs no later than it cannot.
    partition_.set_horizon(std::max(horizon, partition_.catalog().meta.horizon));
    int64_t done = 0;
    if (clears) clear(horizon);
    if (merge_ != nullptr) done += merge();
    if (done < kPiece) done += sweep(kPiece - done);
    if (merge_ != nullptr || merged_) at_(kPointMerging);
    partition_.commit();
    shrink_ = true;
    return std::max<int64_t>(done, 1);
  }
  const int64_t excess = shrink_ ? partition_.excess_pages() : 0;
  shrink_ = excess > kShrinkPages;
  if (excess <= 0) return 0;
  partition_.begin();
  partition_.shrink(std::min(excess, kShrinkPages));
  partition_.commit();
  return std::min(excess, kShrinkPages) * kPageSize;
}

void Merger::clear(int64_t horizon) {
  const Catalog& catalog = partition_.catalog();
  std::set<int64_t> steps;
  for (const RunRow& run : catalog.runs) {
    if (run.clears != 0 && run.is(RunState::kWhole) && run.last_epoch <= horizon) {
      steps.insert(run.step);
    }
  }
  for (const int64_t step : steps) {
    const int64_t from = catalog.cleared(step, horizon);
    partition_.runs().change_if(
        [&](const RunRow& run) {
          return run.step == step && run.is(RunState::kWhole) &&
                 (run.clears != 0 ? run.last_epoch <= horizon : run.last_epoch < from);
        },
        [](RunRow& run) { run.state = static_cast<int64_t>(RunState::kDead); });
  }
  // A merge that goes on may be about runs that just went.
  if (merge_ != nullptr) {
    const int64_t id = merge_->writer.run().id;
    merge_.reset();
    partition_.runs().change_if(
        [&](const RunRow& run) { return run.id == id; },
        [](RunRow& run) { run.state = static_cast<int64_t>(RunState::kDead); });
  }
}

int64_t Merger::sweep(int64_t limit) {
  int64_t done = 0;
  std::set<int64_t> gone;
  for (const RunRow& run : partition_.catalog().runs) {
    if (!run.is(RunState::kDead)) continue;
    // Of a run that was never finished it is not known how many chunks it has.
    const int64_t chunk = run.chunks > 0 ? run.bytes / run.chunks : int64_t{kChunkBytes};
    const int64_t last = chunk_id(run.id, kMaxChunks - 1);
    int64_t first = partition_.first_chunk(chunk_id(run.id, 0), last);
    while (first >= 0 && done < limit) {
      const int64_t count = std::max<int64_t>(1, (limit - done) / std::max<int64_t>(chunk, 1));
      done += chunk * partition_.erase_chunks(first, std::min(last, first + count - 1));
      first = partition_.first_chunk(first, last);
    }
    if (first >= 0 || !partition_.database().ok()) break;
    gone.insert(run.id);
  }
  if (!gone.empty()) {
    partition_.runs().remove_if([&](const RunRow& run) { return gone.contains(run.id); });
  }
  return done;
}

bool Merger::plan(int64_t horizon) {
  const Catalog& catalog = partition_.catalog();
  std::set<int64_t> steps;
  for (const RunRow& run : catalog.runs) steps.insert(run.step);
  for (const int64_t step : steps) {
    const std::vector<RunRow> runs = catalog.visible(step, horizon);
    std::vector<RunRow> chosen = worth_merging(runs);
    if (chosen.empty()) continue;
    RunRow into;
    into.id = partition_.next_run();
    into.step = step;
    into.first_epoch = chosen.front().first_epoch;
    into.last_epoch = chosen.back().last_epoch;
    const bool whole_step = chosen.size() == runs.size();
    merge_ = std::make_unique<Merge>(partition_, into, std::move(chosen));
    merge_->whole_step = whole_step;
    return true;
  }
  return false;
}

int64_t Merger::merge() {
  const int64_t id = merge_->writer.run().id;
  const auto& runs = partition_.catalog().runs;
  if (std::none_of(runs.begin(), runs.end(), [&](const RunRow& run) { return run.id == id; })) {
    partition_.runs().insert(merge_->writer.run());
  }
  int64_t done = 0;
  while (done < kPiece) {
    if (!merge_->rows.next()) {
      if (partition_.database().ok()) finish(merge_->writer.finish());
      break;
    }
    const EncodedRow& row = merge_->rows.row();
    done += static_cast<int64_t>(row.encoded.size());
    if (!row.erased || !merge_->whole_step) merge_->writer.add(row);
  }
  return done;
}

void Merger::finish(const RunRow& merged) {
  partition_.runs().change_if(
      [&](const RunRow& run) {
        return run.id == merged.id ||
               std::any_of(merge_->sources.begin(), merge_->sources.end(),
                           [&](const RunRow& source) { return source.id == run.id; });
      },
      [&](RunRow& run) {
        if (run.id == merged.id) run = merged;
        // A merge that leaves nothing goes the way of what it merged.
        const bool alive = run.id == merged.id && merged.rows > 0;
        run.state = static_cast<int64_t>(alive ? RunState::kWhole : RunState::kDead);
      });
  merge_.reset();
  merged_ = true;
}

}  // namespace streamhost::recovery
