// A job that fails and is started again ends as if it had never failed: within one process, with
// failures at every kind of call. tests/crash does the same with processes that are killed.
#include <gtest/gtest.h>
#include <random>

#include "engine/testing/epoch_components.h"
#include "engine/testing/run_flow.h"
#include "support/process.h"

namespace streamhost {
namespace {

using namespace testing;  // NOLINT: the words of these tests
namespace parts = testing;

// "k3 1" .. "k3 N" for each key, as the ledger writes them.
std::vector<std::string> expected_ledger(uint32_t partitions, uint64_t records, uint64_t keys,
                                         uint64_t forget_every = 0) {
  std::map<std::string, uint64_t> counts;
  std::vector<std::string> lines;
  for (uint64_t i = 0; i < records; ++i) {
    for (uint32_t p = 0; p < partitions; ++p) {
      const std::string key = "k" + std::to_string(i % keys);
      uint64_t& n = counts[key];
      ++n;
      lines.push_back(key + " " + std::to_string(n));
      if (forget_every != 0 && n % forget_every == 0) n = 0;
    }
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

struct LedgerJob {
  uint32_t partitions = 3;
  uint64_t keys = 50;
  LedgerPlan plan;
  TempDir folder;
  std::shared_ptr<Fault> fault = std::make_shared<Fault>();
  std::shared_ptr<Disk> disk = std::make_shared<Disk>();
  std::shared_ptr<std::atomic<uint64_t>> records = std::make_shared<std::atomic<uint64_t>>(1000);
  std::atomic<int64_t> alive{0};
  const sh_component* source = parts::resumable_source(partitions, records, keys, fault);
  const sh_component* sink = parts::disk_sink(disk, 2, fault);
  std::function<void(Dataflow&)> edit = [](Dataflow&) {};

  Status run(uint32_t workers, bool with_ledger = true) {
    Flow flow(workers);
    flow.run().epoch_us = 1000;
    flow.run().batch_size = 64;
    flow.recovery().directory = folder / "store";
    flow.recovery().partitions = 2;
    uint32_t last = flow.add("source", source);
    if (with_ledger) last = flow.add("ledger", parts::ledger(fault, &alive, plan), last);
    flow.add("sink", sink, last);
    edit(flow.edit());
    const Status outcome = testing::run(flow);
    EXPECT_EQ(alive, 0) << "states that were never dropped, or twice";
    return outcome;
  }
};

class Resume : public ::testing::TestWithParam<uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, Resume, ::testing::Range(0U, 6U));

TEST_P(Resume, GivesTheSameOutputHoweverOftenTheJobFailed) {
  LedgerJob job;
  job.plan.forget_every = GetParam() % 2 == 0 ? 0 : 7;
  std::mt19937 random(GetParam());
  int failures = 0;
  for (int run = 0;; ++run) {
    ASSERT_LT(run, 200);
    // Few enough runs come to the end by themselves.
    job.fault->left = run < 12 ? 1 + static_cast<int64_t>(random() % 800) : INT64_MAX;
    const Status outcome = job.run(1 + random() % 4);
    if (outcome) break;
    ++failures;
    ASSERT_NE(outcome.message().find("the fault of the test"), std::string::npos)
        << outcome.message();
  }
  EXPECT_GT(failures, 1);
  EXPECT_EQ(job.disk->sorted(), expected_ledger(3, 1000, 50, job.plan.forget_every));
}

TEST(Resume, GoesOnWhenTheInputHasGrown) {
  LedgerJob job;
  ASSERT_TRUE(job.run(2));
  EXPECT_EQ(job.disk->sorted(), expected_ledger(3, 1000, 50));
  *job.records = 1500;
  ASSERT_TRUE(job.run(3));
  EXPECT_EQ(job.disk->sorted(), expected_ledger(3, 1500, 50));
  ASSERT_TRUE(job.run(1)) << "with nothing new to read";
  EXPECT_EQ(job.disk->sorted(), expected_ledger(3, 1500, 50));
}

TEST(Resume, PutsFinalResultsOutOnceHoweverTheEndFallsAmongTheEpochs) {
  for (int trial = 0; trial < 20; ++trial) {
    LedgerJob job;
    *job.records = 50 + static_cast<uint64_t>(trial) * 13;
    const sh_component* counter = parts::counter(trial % 2 == 0);
    for (uint32_t workers : {2u, 1u, 3u}) {
      Flow flow(workers);
      flow.run().epoch_us = 200;
      flow.recovery().directory = job.folder / "store";
      const auto source = flow.add("source", job.source);
      const auto counts = flow.add("counts", counter, source);
      flow.add("sink", job.sink, counts);
      ASSERT_TRUE(testing::run(flow));
      EXPECT_EQ(job.disk->sorted().size(), 50u) << "a result of each key, after the first run on";
    }
  }
}

TEST(Resume, TakesTimersUpWhereTheyWere) {
  LedgerJob job;
  job.keys = 20;
  job.source = parts::resumable_source(1, job.records, 20, job.fault);
  *job.records = 20;
  job.plan = {1, 300'000};  // each key's timer is set by its first record
  ASSERT_TRUE(job.run(2)) << "ends long before they are due";
  EXPECT_EQ(job.disk->sorted().size(), 20u);
  std::this_thread::sleep_for(std::chrono::milliseconds(350));
  *job.records = 21;
  ASSERT_TRUE(job.run(3));
  int fired = 0;
  for (const std::string& line : job.disk->sorted()) fired += line.find("timer 7") != line.npos;
  EXPECT_GE(fired, 19) << "all that were due; one key may have been touched again first";
}

TEST(Resume, RefusesAStepThatIsAnotherComponentNow) {
  LedgerJob job;
  ASSERT_TRUE(job.run(1));
  job.edit = [](Dataflow& flow) { flow.steps[1].component.id = "test.other"; };
  const Status outcome = job.run(1);
  EXPECT_EQ(outcome.code(), Code::kRecovery);
  EXPECT_NE(outcome.message().find("--drop-state ledger"), std::string::npos) << outcome.message();
}

TEST(Resume, DiscardsAStateWhenItIsToldTo) {
  LedgerJob job;
  ASSERT_TRUE(job.run(1));
  *job.records = 1001;
  job.edit = [](Dataflow& flow) { flow.recovery.drop_state = {"ledger"}; };
  ASSERT_TRUE(job.run(2));
  auto expected = expected_ledger(3, 1000, 50);
  for (const char* line : {"k0 1", "k0 2", "k0 3"}) expected.push_back(line);
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(job.disk->sorted(), expected);
}

TEST(Resume, KeepsTheStateOfAStepThatIsGoneForAWhile) {
  LedgerJob job;
  ASSERT_TRUE(job.run(1));
  ASSERT_TRUE(job.run(1, false));
  *job.records = 1100;
  ASSERT_TRUE(job.run(1));
  EXPECT_EQ(job.disk->sorted(), expected_ledger(3, 1100, 50));
}

TEST(Resume, RefusesToDiscardWhatIsNotThere) {
  LedgerJob job;
  ASSERT_TRUE(job.run(1));
  job.edit = [](Dataflow& flow) { flow.recovery.drop_state = {"ledgre"}; };
  const Status outcome = job.run(1);
  EXPECT_EQ(outcome.code(), Code::kRecovery);
  EXPECT_NE(outcome.message().find("\"ledgre\""), std::string::npos);
}

TEST(Resume, FailsWithoutAnEndWhenTheStoreCannotBeWritten) {
  LedgerJob job;
  ASSERT_TRUE(job.run(1));
  *job.records = 2000;
  Flow flow(2);
  // Another process holds it: here, the same one twice.
  flow.recovery().directory = job.folder / "store";
  auto held = recovery::Store::open({job.folder / "store", "test", std::nullopt, 0, nullptr});
  ASSERT_TRUE(held) << held.failure().message;
  EXPECT_EQ(job.run(1).code(), Code::kRecovery);
}

// A step may have something to put out at the end in one of its modes, and not in another.
TEST(Resume, StatesAreKeptAtTheEndOfInputWhenTheStepSaysSo) {
  for (const bool ends : {false, true}) {
    LedgerJob job;
    // Of three workers two have no key.
    job.source = parts::resumable_source(1, job.records, 1, job.fault);
    *job.records = 3;
    const sh_component* counter = parts::ending_counter(ends);
    for (uint32_t workers : {3u, 2u}) {
      Flow flow(workers);
      flow.recovery().directory = job.folder / "store";
      const auto source = flow.add("source", job.source);
      const auto counts = flow.add("counts", counter, source);
      flow.add("sink", job.sink, counts);
      const Status status = testing::run(flow);
      ASSERT_TRUE(status) << status.message();
      *job.records = 5;
    }
    const std::vector<std::string> anew = {"k0 1", "k0 1",     "k0 2",    "k0 2",
                                           "k0 3", "k0 end 2", "k0 end 3"};
    const std::vector<std::string> on = {"k0 1", "k0 2", "k0 3", "k0 4", "k0 5"};
    EXPECT_EQ(job.disk->sorted(), ends ? anew : on);
  }
}

}  // namespace
}  // namespace streamhost
