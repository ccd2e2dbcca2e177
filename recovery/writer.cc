#include "recovery/writer.h"

#include <malloc.h>
#include <pthread.h>

#include <algorithm>
#include <cassert>
#include <chrono>

#include "recovery/clock.h"
#include "recovery/points.h"

namespace streamhost::recovery {
namespace {

constexpr size_t kShownEpochs = 16;  // kept for people though no resume needs them
constexpr int64_t kMaintenance = 8;  // bytes worked on for each byte written, at least
// Maintenance that nobody waits for leaves the processor to the workers for so many times as long
// as it took: it has until the next epoch.
constexpr int kRest = 3;
constexpr int64_t kMaxOwed = int64_t{64} << 20;

std::vector<int64_t> numbers(const std::vector<StepRow>& steps) {
  std::vector<int64_t> result;
  for (const StepRow& step : steps) result.push_back(step.step);
  return result;
}

}  // namespace

Writer::Writer(WriterPlan plan)
    : plan_(std::move(plan)),
      sorter_(numbers(plan_.steps), plan_.parts, plan_.here),
      written_(plan_.resume),
      committed_(plan_.resume) {
  for (Partition* partition : plan_.partitions) {
    targets_.push_back({partition, std::make_unique<Merger>(*partition, plan_.at), {}, 0, 0});
  }
  thread_ = std::thread([this] { run(); });
}

Writer::~Writer() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
  for (Target& target : targets_) {
    if (target.partition->in_transaction()) target.partition->rollback();
  }
}

void Writer::add(uint32_t step, RowBlock block) {
  if (block.empty()) return;
  const size_t bytes = block.bytes();
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    assert(!ending_ && "rows of the next epoch come before the last one is durable");
    queue_.emplace_back(step, std::move(block));
    queue_bytes_ += bytes;
    wake = queue_bytes_ >= kGather;
  }
  waiting_.fetch_add(bytes, std::memory_order_relaxed);
  if (wake) wake_.notify_one();
}

bool Writer::congested() const { return waiting_.load(std::memory_order_relaxed) > kTooMuch; }

void Writer::end_epoch(uint64_t epoch, std::vector<uint32_t> cleared,
                       std::function<void(Outcome)> durable) {
  {
    std::lock_guard lock(mutex_);
    assert(!ending_ && "an epoch ends before the last one is durable");
    ending_ = true;
    end_ = End{static_cast<int64_t>(epoch), std::move(cleared), std::move(durable)};
  }
  wake_.notify_one();
}

void Writer::note_committed(uint64_t epoch) {
  {
    std::lock_guard lock(mutex_);
    noted_ = std::max(noted_, static_cast<int64_t>(epoch));
  }
  wake_.notify_one();
}

void Writer::run() {
  pthread_setname_np(pthread_self(), "recovery");
  std::unique_lock lock(mutex_);
  bool tidy = false;
  for (;;) {
    if (noted_ > marked_) {
      const int64_t epoch = marked_ = noted_;
      lock.unlock();
      committed(epoch);
      tidy = false;
      lock.lock();
      continue;
    }
    if (!tidy && !epoch_open_ && !stop_ && (owed_ > 0 || !ready())) {
      lock.unlock();
      const auto begun = std::chrono::steady_clock::now();
      tidy = !maintain();
      if (tidy) {
        owed_ = 0;
        give_memory_back();
      }
      const auto took = std::chrono::steady_clock::now() - begun;
      lock.lock();
      if (!tidy) wake_.wait_for(lock, kRest * took, [this] { return ready() || stop_; });
      continue;
    }
    wake_.wait(lock, [this] { return ready(); });
    if (noted_ > marked_) continue;
    if (stop_ && !end_) return;
    Queue queue = std::exchange(queue_, {});
    queue_bytes_ = 0;
    std::optional<End> end = std::exchange(end_, {});
    lock.unlock();
    take(std::move(queue));
    if (end) {
      finish(*end);
      tidy = false;
    } else {
      flush("the epoch after epoch " + std::to_string(written_));
    }
    lock.lock();
    if (!end) continue;
    ending_ = false;
    lock.unlock();
    end->durable(failure_ ? Outcome(*failure_) : Outcome());
    lock.lock();
  }
}

// Rows are many small pieces that one thread makes and another frees, so the allocator ends up with
// much that is free and does not go back by itself. Looked for when there is nothing else to do,
// and only when there is more of it than the last time left.
void Writer::give_memory_back() {
  constexpr size_t kMuch = size_t{16} << 20;
  if (mallinfo2().fordblks < free_kept_ + kMuch) return;
  malloc_trim(0);
  free_kept_ = mallinfo2().fordblks;
}

void Writer::take(Queue queue) {
  for (auto& [step, block] : queue) sorter_.add(step, std::move(block));
}

void Writer::flush(const std::string& what) {
  const size_t gathered = sorter_.bytes();
  for (Target& target : targets_) target.partition->database().doing("write " + what);
  begin_transactions();
  Target* target = nullptr;
  std::optional<RunWriter> writer;
  sorter_.drain(
      [&](uint32_t file, int64_t step) {
        target = &targets_[file];
        RunRow run;
        run.id = target->partition->next_run() + static_cast<int64_t>(target->runs.size());
        run.step = step;
        run.state = static_cast<int64_t>(RunState::kWhole);
        writer.emplace(*target->partition, run);
      },
      [&](const EncodedRow& row) { writer->add(row); },
      [&] {
        target->runs.push_back(writer->finish());
        target->rows += target->runs.back().rows;
        target->bytes += target->runs.back().bytes;
      });
  waiting_.fetch_sub(gathered, std::memory_order_relaxed);
  if (healthy() && sorter_.astray()) {
    fail({"a row of recovery partition " + std::to_string(*sorter_.astray()) +
          " was added, which another process keeps"});
  }
}

void Writer::begin_transactions() {
  if (epoch_open_ || failure_) return;
  plan_.at(kPointBeforeTransaction);
  epoch_open_ = true;
  for (Target& target : targets_) {
    target.partition->begin();
    // Not one more: what is open already is not to be held for longer than it must.
    if (!healthy()) return;
  }
}

void Writer::finish(const End& end) {
  if (end.epoch <= written_ && !failure_) {
    fail({"epoch " + std::to_string(end.epoch) + " comes after epoch " + std::to_string(written_)});
  }
  flush("epoch " + std::to_string(end.epoch));
  if (failure_) return;
  const int64_t oldest = horizon();
  for (Target& target : targets_) {
    if (oldest > target.partition->catalog().meta.horizon) target.partition->set_horizon(oldest);
    describe(target, end);
  }
  if (!healthy()) return;
  plan_.at(kPointAfterRows);
  commit();
  if (failure_) return;
  written_ = end.epoch;
  first_ = false;
  if (plan_.alone) committed(end.epoch);
  plan_.at(kPointCommitted);
}

void Writer::committed(int64_t epoch) {
  // Whatever is said: an epoch that we do not have is not committed.
  if (epoch <= committed_ || epoch > written_) return;
  committed_ = epoch;
  if (plan_.marker == nullptr) return;
  const int64_t oldest = std::max(horizon(), targets_[0].partition->catalog().meta.horizon);
  plan_.marker->write({plan_.store, plan_.parts, committed_, oldest});
}

void Writer::describe(Target& target, const End& end) {
  Partition& partition = *target.partition;
  // First of all: their ids are given away already.
  for (RunRow& run : target.runs) {
    run.first_epoch = run.last_epoch = end.epoch;
    partition.runs().insert(run);
  }
  if (first_) describe_steps(partition, end.epoch);
  for (const uint32_t step : end.cleared) clear(partition, plan_.steps[step].step, end.epoch);
  const int64_t horizon = partition.catalog().meta.horizon;
  const auto& epochs = partition.catalog().epochs;
  if (epochs.size() >= kShownEpochs) {
    const int64_t shown = epochs[epochs.size() - kShownEpochs].epoch;
    if (epochs.front().epoch < std::min(horizon, shown)) {
      partition.epochs().remove_if(
          [&](const EpochRow& row) { return row.epoch < std::min(horizon, shown); });
    }
  }
  partition.epochs().insert({end.epoch, plan_.execution.number, plan_.execution.nonce, now_us(),
                             target.rows, target.bytes});
  owed_ = std::min(owed_ + kMaintenance * target.bytes + 1, kMaxOwed);
  target.runs.clear();
  target.rows = target.bytes = 0;
}

// What begin() was told comes into force with the first epoch: until then a resume finds the steps,
// and the rows that are dropped, as they were.
void Writer::describe_steps(Partition& partition, int64_t epoch) {
  const std::vector<StepRow> known = partition.catalog().steps_at(plan_.resume);
  const auto find = [](const std::vector<StepRow>& steps, int64_t number) {
    return std::find_if(steps.begin(), steps.end(),
                        [&](const StepRow& step) { return step.step == number; });
  };
  for (StepRow step : plan_.steps) {
    const auto old = find(known, step.step);
    step.since = old == known.end() ? epoch : old->since;
    if (old != known.end() && StepRow::columns(*old) == StepRow::columns(step)) continue;
    step.since = epoch;
    partition.steps().insert(step);
  }
  for (const int64_t number : plan_.dropped) {
    clear(partition, number, epoch);
    const auto old = find(known, number);
    if (old == known.end() || find(plan_.steps, number) != plan_.steps.end()) continue;
    StepRow gone = *old;
    gone.since = epoch;
    gone.kind = 0;
    partition.steps().insert(gone);
  }
  // What steps were before the oldest epoch to go back to does not matter any more.
  const auto& steps = partition.catalog().steps;
  const int64_t horizon = partition.catalog().meta.horizon;
  std::vector<std::pair<int64_t, int64_t>> old;
  for (size_t i = 0; i < steps.size(); ++i) {
    const bool newest = i + 1 == steps.size() || steps[i + 1].step != steps[i].step;
    if (newest ? steps[i].kind == 0 && steps[i].since <= horizon : steps[i + 1].since <= horizon) {
      old.emplace_back(steps[i].step, steps[i].since);
    }
  }
  if (old.empty()) return;
  partition.steps().remove_if([&](const StepRow& row) {
    return std::find(old.begin(), old.end(), std::pair(row.step, row.since)) != old.end();
  });
}

// An empty run that hides everything older.
void Writer::clear(Partition& partition, int64_t step, int64_t epoch) {
  const auto& runs = partition.catalog().runs;
  const bool any = std::any_of(runs.begin(), runs.end(), [&](const RunRow& run) {
    return run.step == step && run.is(RunState::kWhole) && run.last_epoch < epoch;
  });
  if (!any) return;
  RunRow run;
  run.id = partition.next_run();
  run.step = step;
  run.state = static_cast<int64_t>(RunState::kWhole);
  run.first_epoch = run.last_epoch = epoch;
  run.clears = 1;
  partition.runs().insert(run);
}

void Writer::commit() {
  for (size_t i = 0; i < targets_.size(); ++i) {
    targets_[i].partition->commit();
    if (!healthy()) return;
    if (i == 0 && targets_.size() > 1) plan_.at(kPointFirstFile);
  }
  epoch_open_ = false;
  for (Target& target : targets_) target.merger->epoch_passed();
}

int64_t Writer::horizon() const {
  if (targets_.empty()) return 0;
  const int64_t latest = now_us() - plan_.backup_us;
  const auto& epochs = targets_[0].partition->catalog().epochs;
  for (auto row = epochs.rbegin(); row != epochs.rend(); ++row) {
    if (row->epoch <= committed_ && row->committed_us <= latest) return row->epoch;
  }
  return 0;
}

bool Writer::healthy() {
  if (failure_) return false;
  for (const Target& target : targets_) {
    const Outcome& outcome = target.partition->database().outcome();
    if (!outcome) {
      fail(outcome.failure());
      return false;
    }
  }
  return true;
}

void Writer::fail(const Failure& failure) {
  if (failure_) return;
  failure_ = failure;
  for (Target& target : targets_) target.partition->abandon(*failure_);
  epoch_open_ = false;
}

bool Writer::maintain() {
  if (failure_) return false;
  for (size_t i = 0; i < targets_.size(); ++i) {
    Target& target = targets_[next_target_];
    next_target_ = (next_target_ + 1) % targets_.size();
    const int64_t done = target.merger->work(horizon());
    if (!healthy()) return false;
    if (done > 0) {
      owed_ -= done;
      return true;
    }
  }
  for (Target& target : targets_) target.partition->checkpoint();
  return false;
}

}  // namespace streamhost::recovery
