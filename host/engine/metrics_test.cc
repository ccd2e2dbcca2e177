#include "engine/metrics.h"

#include <gtest/gtest.h>
#include <streamhost/abi.h>

namespace streamhost {
namespace {

using Lines = std::vector<std::string>;

TEST(Metrics, TheSameNameOfTheSameWorkerIsTheSameMetric) {
  Metrics metrics;
  const uint32_t one = metrics.add("in", 0, SH_METRIC_COUNTER, "messages", "");
  EXPECT_EQ(metrics.add("in", 0, SH_METRIC_COUNTER, "messages", ""), one);
  EXPECT_NE(metrics.add("out", 0, SH_METRIC_COUNTER, "messages", ""), one);
  EXPECT_NE(metrics.add("in", 1, SH_METRIC_COUNTER, "messages", ""), one);
}

TEST(Metrics, CountersOfAllWorkersAreSummed) {
  Metrics metrics;
  const uint32_t here = metrics.add("in", 0, SH_METRIC_COUNTER, "messages", "");
  const uint32_t there = metrics.add("in", 1, SH_METRIC_COUNTER, "messages", "");
  metrics.record(here, 3);
  metrics.record(here, 1);
  metrics.record(there, 5);
  EXPECT_EQ(metrics.lines(), (Lines{"in.messages 9"}));
}

TEST(Metrics, AGaugeOfOneWorkerDoesNotHideThatOfAnother) {
  Metrics metrics;
  const uint32_t here = metrics.add("in", 0, SH_METRIC_GAUGE, "lag", "");
  const uint32_t there = metrics.add("in", 1, SH_METRIC_GAUGE, "lag", "");
  const uint32_t alone = metrics.add("in", 1, SH_METRIC_GAUGE, "partitions", "");
  metrics.record(here, 4);
  metrics.record(there, 5);
  metrics.record(there, 6);
  metrics.record(alone, 1);
  EXPECT_EQ(metrics.lines(),
            (Lines{"in.lag{worker=\"0\"} 4", "in.lag{worker=\"1\"} 6", "in.partitions 1"}));
}

TEST(Metrics, LabelsAreKept) {
  Metrics metrics;
  const uint32_t first = metrics.add("in", 0, SH_METRIC_GAUGE, "lag{partition=\"a/0\"}", "");
  const uint32_t second = metrics.add("in", 0, SH_METRIC_GAUGE, "lag{partition=\"a/1\"}", "");
  const uint32_t both = metrics.add("in", 1, SH_METRIC_GAUGE, "lag{partition=\"a/1\"}", "");
  metrics.record(first, 1);
  metrics.record(second, 2);
  metrics.record(both, 3);
  EXPECT_EQ(metrics.lines(),
            (Lines{"in.lag{partition=\"a/0\"} 1", "in.lag{partition=\"a/1\",worker=\"0\"} 2",
                   "in.lag{partition=\"a/1\",worker=\"1\"} 3"}));
}

}  // namespace
}  // namespace streamhost
