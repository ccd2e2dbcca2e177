#include "recovery/test_job.h"

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <random>
#include <sstream>

namespace streamhost::recovery::testing {

EpochPlan TestJob::plan(uint64_t epoch) const {
  std::mt19937_64 random(seed * 1'000'003 + epoch);
  const auto below = [&random](uint64_t bound) { return random() % bound; };
  EpochPlan plan;
  if (below(15) == 0) plan.cleared.push_back(static_cast<uint32_t>(below(kSteps.size())));
  const uint64_t count = below(4) == 0 ? below(4) : below(changes + 1);
  for (uint64_t i = 0; i < count; ++i) {
    EpochPlan::Change change;
    change.step = static_cast<uint32_t>(below(kSteps.size()));
    change.erase = below(5) == 0;
    change.key = "key " + std::to_string(below(keys));
    if (!change.erase) {
      change.version = static_cast<uint32_t>(1 + below(3));
      change.value = std::to_string(epoch) + "/" + std::to_string(i);
      change.value.append(below(40), 'x');
      if (big_values && below(400) == 0) change.value.append(200'000 + below(100'000), 'y');
    }
    plan.changes.push_back(std::move(change));
  }
  return plan;
}

void apply_epoch(const EpochPlan& plan, State& state) {
  for (const uint32_t step : plan.cleared) state[kSteps[step].id].clear();
  for (const auto& change : plan.changes) {
    Rows& rows = state[kSteps[change.step].id];
    if (change.erase) {
      rows.erase(change.key);
    } else {
      rows[change.key] = {change.version, change.value};
    }
  }
}

State TestJob::state_at(uint64_t epoch) const {
  State state;
  if (epoch > 0) {
    for (const StepInfo& step : kSteps) state[step.id];
  }
  for (uint64_t each = 1; each <= epoch; ++each) apply_epoch(plan(each), state);
  return state;
}

Outcome end_epoch(Store& store, uint64_t epoch, std::vector<uint32_t> cleared) {
  std::promise<Outcome> promise;
  store.end_epoch(epoch, std::move(cleared),
                  [&](Outcome outcome) { promise.set_value(std::move(outcome)); });
  return promise.get_future().get();
}

Outcome write_epoch(Store& store, uint64_t epoch, const EpochPlan& plan) {
  // Several blocks of each step, as several workers would add them. One key's changes stay in
  // order.
  std::vector<RowBlock> blocks(kSteps.size());
  for (const auto& change : plan.changes) {
    RowBlock& block = blocks[change.step];
    if (change.erase) {
      block.erase(change.key);
    } else {
      block.put(change.key, change.version, change.value);
    }
    if (block.rows() == 20) store.add(change.step, std::exchange(block, {}));
  }
  for (uint32_t step = 0; step < blocks.size(); ++step) store.add(step, std::move(blocks[step]));
  return end_epoch(store, epoch, plan.cleared);
}

std::unique_ptr<Store> open_store(const std::filesystem::path& directory,
                                  std::optional<uint32_t> partitions, int64_t backup_us) {
  auto store = Store::open({.directory = directory,
                            .dataflow = "test",
                            .partitions = partitions,
                            .backup_us = backup_us,
                            .at = {}});
  if (!store) ADD_FAILURE() << store.failure().message;
  return store ? store.take() : nullptr;
}

std::string refusal(const std::filesystem::path& directory, const std::string& dataflow,
                    std::optional<uint32_t> partitions) {
  auto store = Store::open({.directory = directory,
                            .dataflow = dataflow,
                            .partitions = partitions,
                            .backup_us = 0,
                            .at = {}});
  return store ? "" : store.failure().message;
}

Result<State> try_read_all(Store& store) {
  State state;
  for (const StoredStep& step : store.steps()) {
    Rows& rows = state[step.id];
    auto reader = store.read(step.id);
    if (!reader) return reader.failure();
    while (const std::optional<Row> row = (*reader)->next()) {
      const bool fresh = rows.try_emplace(std::string(row->key), row->version, row->value).second;
      if (!fresh) return Failure{"a key comes twice"};
    }
    if (!(*reader)->outcome()) return (*reader)->outcome().failure();
  }
  return state;
}

State read_all(Store& store) {
  Result<State> state = try_read_all(store);
  if (!state) ADD_FAILURE() << state.failure().message;
  return state ? state.take() : State();
}

void run_job(const std::filesystem::path& directory, const TestJob& job, uint64_t last,
             uint32_t partitions, int64_t backup_us) {
  auto store = open_store(directory, partitions, backup_us);
  ASSERT_NE(store, nullptr);
  const Outcome begun = store->begin({}, kSteps, {});
  ASSERT_TRUE(begun) << begun.failure().message;
  for (uint64_t epoch = store->resume_epoch() + 1; epoch <= last; ++epoch) {
    const Outcome written = write_epoch(*store, epoch, job.plan(epoch));
    ASSERT_TRUE(written) << written.failure().message;
  }
}

std::map<std::string, std::string> all_bytes(const std::filesystem::path& directory) {
  std::map<std::string, std::string> result;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with("-shm")) continue;
    std::ostringstream bytes;
    bytes << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    result[name] = bytes.str();
  }
  return result;
}

void copy_directory(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::remove_all(to);
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

}  // namespace streamhost::recovery::testing
