#include "engine/alignment.h"

#include <gtest/gtest.h>

#include <thread>

#include "engine/testing/epoch_components.h"
#include "engine/testing/run_flow.h"

namespace streamhost {
namespace {

using namespace testing;  // NOLINT: the words of these tests
namespace parts = testing;

class AlignmentOfTwo : public ::testing::Test {
 protected:
  ExchangeHub hub_{2, 1024, 1 << 20};
  Alignment alignment_{hub_, 1};
  Pace pace_;
  int64_t until_us_ = 0;
};

TEST_F(AlignmentOfTwo, TheLeastIsUnknownUntilAllHaveSaidSomething) {
  EXPECT_EQ(alignment_.least(), kNoWatermark);
  alignment_.reached(0, 0, 500);
  EXPECT_EQ(alignment_.least(), kNoWatermark);
  alignment_.reached(0, 1, 300);
  EXPECT_EQ(alignment_.least(), 300);
  alignment_.reached(0, 1, INT64_MAX);
  EXPECT_EQ(alignment_.least(), 500) << "one without records to give does not count";
}

TEST_F(AlignmentOfTwo, APartitionIsAheadAfterSoManyRecordsPastTheSlowestOne) {
  alignment_.reached(0, 1, 300);
  alignment_.reached(0, 0, 1000);
  EXPECT_FALSE(pace_.ahead(alignment_, 1000, &until_us_));
  pace_.put_out(Pace::kAhead);
  EXPECT_FALSE(pace_.ahead(alignment_, 1000, &until_us_)) << "counted from here on";
  pace_.put_out(Pace::kAhead - 1);
  EXPECT_FALSE(pace_.ahead(alignment_, 2000, &until_us_));
  pace_.put_out(1);
  EXPECT_TRUE(pace_.ahead(alignment_, 2000, &until_us_));
  EXPECT_EQ(until_us_, 1000);
  alignment_.reached(0, 1, 1000);
  EXPECT_FALSE(pace_.ahead(alignment_, 2000, &until_us_));
}

TEST_F(AlignmentOfTwo, TheSlowestOneIsNeverAhead) {
  alignment_.reached(0, 1, 9000);
  for (int64_t us = 0; us < 1000; us += 100) {
    alignment_.reached(0, 0, us);
    pace_.put_out(10 * Pace::kAhead);
    EXPECT_FALSE(pace_.ahead(alignment_, us, &until_us_));
  }
}

TEST_F(AlignmentOfTwo, WhoWaitsIsWokenWhenTheOthersHaveComeSoFar) {
  alignment_.reached(0, 0, 2000);
  alignment_.reached(0, 1, 100);
  std::thread waiter([this] {
    Parker& parker = hub_.parkers[0];
    while (alignment_.wait_for(0, 0, 1000)) {
      parker.announce();
      if (alignment_.wait_for(0, 0, 1000)) {
        parker.wait(-1);
      } else {
        parker.cancel();
      }
    }
  });
  for (int64_t us = 101; us <= 1000; ++us) alignment_.reached(0, 1, us);
  waiter.join();
  EXPECT_FALSE(alignment_.wait_for(0, 0, 1000));
}

class Aligned : public ::testing::Test {
 protected:
  // Two partitions of which each puts out the event times 0, 1, ..., the second much more
  // slowly. Gives how far the faster one was ahead of the other at most, in records.
  uint64_t greatest_lead(bool align, uint32_t workers) {
    AbreastPlan plan;
    plan.records = 8 * Pace::kAhead;
    auto lead = std::make_shared<AbreastLead>();
    Flow flow(workers);
    const auto source = flow.add("source", parts::abreast_source(plan, lead));
    flow.step(source).watermark = WatermarkSpec{0, std::nullopt, align};
    auto out = std::make_shared<Collected>();
    const auto count = flow.add("count", parts::counter(false), source);
    flow.add("out", parts::sink(out), count);
    const Status outcome = run(flow);
    EXPECT_TRUE(outcome) << outcome.message();
    EXPECT_EQ(out->count, 2U);
    return lead->greatest;
  }
};

TEST_F(Aligned, PartitionsOnTwoWorkersStayAbreast) {
  EXPECT_LE(greatest_lead(true, 2), 2 * Pace::kAhead + 10'000);
}

TEST_F(Aligned, PartitionsOnOneWorkerStayAbreast) {
  EXPECT_LE(greatest_lead(true, 1), 2 * Pace::kAhead + 10'000);
}

TEST_F(Aligned, WithoutItTheyDoNot) { EXPECT_GT(greatest_lead(false, 1), 3 * Pace::kAhead); }

}  // namespace
}  // namespace streamhost
