#include "recovery/catalog.h"

#include <algorithm>

#include "recovery/hash.h"

namespace streamhost::recovery {
namespace {

void append(std::string& bytes, int64_t number) {
  for (int shift = 0; shift < 64; shift += 8) {
    bytes.push_back(static_cast<char>(static_cast<uint64_t>(number) >> shift));
  }
}

void append(std::string& bytes, const std::string& text) {
  append(bytes, static_cast<int64_t>(text.size()));
  bytes += text;
}

template <class Row>
int64_t check(const Row& row) {
  std::string bytes(Row::kTable);
  std::apply([&](const auto&... column) { (append(bytes, column), ...); }, Row::columns(row));
  return static_cast<int64_t>(hash_of(bytes));
}

}  // namespace

int64_t check_of(const MetaRow& row) { return check(row); }
int64_t check_of(const ExecutionRow& row) { return check(row); }
int64_t check_of(const EpochRow& row) { return check(row); }
int64_t check_of(const StepRow& row) { return check(row); }
int64_t check_of(const RunRow& row) { return check(row); }

const EpochRow* Catalog::epoch(int64_t number) const {
  const auto found =
      std::lower_bound(epochs.begin(), epochs.end(), number,
                       [](const EpochRow& row, int64_t wanted) { return row.epoch < wanted; });
  return found == epochs.end() || found->epoch != number ? nullptr : &*found;
}

int64_t Catalog::cleared(int64_t step, int64_t epoch) const {
  int64_t newest = 0;
  for (const RunRow& run : runs) {
    if (run.step == step && run.clears != 0 && run.is(RunState::kWhole) &&
        run.last_epoch <= epoch) {
      newest = std::max(newest, run.first_epoch);
    }
  }
  return newest;
}

std::vector<RunRow> Catalog::visible(int64_t step, int64_t epoch) const {
  const int64_t from = cleared(step, epoch);
  std::vector<RunRow> result;
  for (const RunRow& run : runs) {
    if (run.step == step && run.is(RunState::kWhole) && run.clears == 0 &&
        run.last_epoch <= epoch && run.last_epoch >= from) {
      result.push_back(run);
    }
  }
  // By id within an epoch: runs are already in that order.
  std::stable_sort(result.begin(), result.end(),
                   [](const RunRow& a, const RunRow& b) { return a.last_epoch < b.last_epoch; });
  return result;
}

std::vector<StepRow> Catalog::steps_at(int64_t epoch) const {
  std::vector<StepRow> result;
  for (const StepRow& row : steps) {
    if (row.since > epoch) continue;
    if (!result.empty() && result.back().step == row.step) {
      result.back() = row;
    } else {
      result.push_back(row);
    }
  }
  std::erase_if(result, [](const StepRow& row) { return row.kind == 0; });
  std::sort(result.begin(), result.end(),
            [](const StepRow& a, const StepRow& b) { return a.name < b.name; });
  return result;
}

}  // namespace streamhost::recovery
