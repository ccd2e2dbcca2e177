#include "engine/expiry.h"

#include <gtest/gtest.h>

#include "engine/testing/epoch_components.h"
#include "engine/testing/run_flow.h"
#include "support/process.h"

namespace streamhost {
namespace {

using namespace testing;  // NOLINT: the words of these tests
namespace parts = testing;

constexpr int64_t kHour = 3'600'000'000;

TEST(Expiry, ForgetsWhatWasNotSeenForTheTtlAndKeepsWhatWas) {
  Expiry expiry(100, 12);
  EXPECT_EQ(expiry.room(12), 24u);
  alignas(8) char a[24] = {}, b[24] = {};
  expiry.touched(a, 1000);
  expiry.touched(b, 1000);
  expiry.touched(b, 1050);
  EXPECT_EQ(expiry.next_us(), 1100);
  std::vector<void*> gone;
  expiry.take(1099, 10, gone);
  EXPECT_TRUE(gone.empty());
  expiry.take(1100, 10, gone);
  EXPECT_EQ(gone, std::vector<void*>{a});
  EXPECT_EQ(expiry.next_us(), 1150);
  expiry.forget(b);
  EXPECT_EQ(expiry.next_us(), INT64_MAX);
}

TEST(Expiry, TakesNoRoomAndDoesNothingWithoutATtl) {
  Expiry expiry(std::nullopt, 12);
  EXPECT_FALSE(expiry.on());
  EXPECT_EQ(expiry.room(12), 12u);
  EXPECT_EQ(expiry.next_us(), INT64_MAX);
}

TEST(Expiry, OfAStepLetsAKeyBeginAnewAfterASilence) {
  auto out = std::make_shared<Collected>();
  Flow flow(2);
  SourcePlan bursts = plan(1, 30);
  bursts.rest_every = 10;
  bursts.rest_us = 400'000;
  const auto source = flow.add("source", parts::source(keyed(2), bursts));
  const auto counts = flow.add("counts", parts::running_counter(), source);
  flow.step(counts).ttl_us = 150'000;
  flow.add("sink", parts::sink(out), counts);
  ASSERT_TRUE(run(flow).is_ok());
  std::vector<std::string> expected;
  for (int n = 1; n <= 5; ++n) expected.insert(expected.end(), 6, std::to_string(n));
  EXPECT_EQ(out->sorted_values(), expected);
}

// Runs of one job, each with more input; the clock stands still during a run.
std::vector<std::string> run_with_pause(int64_t pause_us, std::optional<int64_t> ttl_before,
                                        std::optional<int64_t> ttl_after) {
  TempDir folder;
  auto fault = std::make_shared<Fault>();
  auto disk = std::make_shared<Disk>();
  auto records = std::make_shared<std::atomic<uint64_t>>(4);
  std::atomic<int64_t> alive{0};
  const sh_component* source = parts::resumable_source(1, records, 2, fault);
  const sh_component* sink = parts::disk_sink(disk, 1, fault);
  const sh_component* ledger = parts::ledger(fault, &alive, {});
  int64_t now_us = 100 * kHour;
  for (const auto& ttl_us : {ttl_before, ttl_after}) {
    Flow flow(1);
    flow.recovery().directory = folder / "store";
    const auto s = flow.add("source", source);
    const auto l = flow.add("ledger", ledger, s);
    flow.step(l).ttl_us = ttl_us;
    flow.add("sink", sink, l);
    Catalog catalog({}, host_table());
    auto engine = Engine::create(flow.flow(), catalog, quiet(), [=] { return now_us; });
    EXPECT_TRUE(engine) << engine.status().message();
    const Status status = (*engine)->run();
    EXPECT_TRUE(status) << status.message();
    now_us += pause_us;
    *records += 4;
  }
  return disk->sorted();
}

const std::vector<std::string> kWentOn = {"k0 1", "k0 2", "k0 3", "k0 4",
                                          "k1 1", "k1 2", "k1 3", "k1 4"};
const std::vector<std::string> kAnew = {"k0 1", "k0 1", "k0 2", "k0 2",
                                        "k1 1", "k1 1", "k1 2", "k1 2"};

TEST(Expiry, RemembersOverARestartWhenAKeyWasSeen) {
  EXPECT_EQ(run_with_pause(kHour / 2, kHour, kHour), kWentOn);
  EXPECT_EQ(run_with_pause(2 * kHour, kHour, kHour), kAnew);
  EXPECT_EQ(run_with_pause(2 * kHour, kHour, 3 * kHour), kWentOn) << "the ttl may change";
  EXPECT_EQ(run_with_pause(2 * kHour, kHour, std::nullopt), kWentOn) << "or go";
  EXPECT_EQ(run_with_pause(2 * kHour, std::nullopt, kHour), kWentOn) << "from the restart on";
}

}  // namespace
}  // namespace streamhost
