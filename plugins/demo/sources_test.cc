#include <gtest/gtest.h>

#include "metrics.h"
#include "nexmark.h"
#include "sequence.h"
#include "source_harness.h"

namespace streamhost::demo {
namespace {

using Strings = std::vector<std::string>;

TEST(DemoSources, ASequenceResumesAtItsPosition) {
  SourceHarness<Sequence> harness({{"count", "1003"},
                                   {"partitions", "3"},
                                   {"keys", "5"},
                                   {"time_start", "50"},
                                   {"time_step", "10"}});
  EXPECT_EQ(harness.source().partitions(), (Strings{"0", "1", "2"}));
  EXPECT_EQ(harness.all("1", 0).size(), 334u);
  EXPECT_EQ(harness.all("1", 0)[0], "k0000001=1@60");
  EXPECT_EQ(harness.all("1", 0)[1], "k0000004=4@90");
  for (const uint32_t budget : {1u, 7u, 500u}) {
    EXPECT_EQ(harness.all("0", budget), harness.all("0", 0));
    EXPECT_EQ(harness.all("2", budget), harness.all("2", 0));
  }
}

TEST(DemoSources, RandomKeysDependOnTheNumberAlone) {
  SourceHarness<Sequence> one({{"count", "100"}, {"keys", "10"}, {"order", "random"}});
  SourceHarness<Sequence> four(
      {{"count", "100"}, {"keys", "10"}, {"order", "random"}, {"partitions", "4"}});
  const Strings expected = one.all("0", 0);
  for (int p = 0; p < 4; ++p) {
    const Strings part = four.all(std::to_string(p), 3);
    ASSERT_EQ(part.size(), 25u);
    for (size_t i = 0; i < part.size(); ++i) {
      EXPECT_EQ(part[i], expected[4 * i + static_cast<size_t>(p)]);
    }
  }
}

TEST(DemoSources, ASequenceRefusesPositionsOfOtherPartitions) {
  SourceHarness<Sequence> harness({{"count", "10"}, {"partitions", "2"}});
  EXPECT_THROW(harness.source().open("0", "3 2"), Error);
  EXPECT_THROW(harness.source().open("0", "x"), Error);
  EXPECT_THROW(harness.source().open("0", ""), Error);
  EXPECT_NO_THROW(harness.source().open("1", "3 2"));
}

TEST(DemoSources, AnotherNumberOfPartitionsIsRefused) {
  SourceHarness<Sequence> two({{"count", "10"}, {"partitions", "2"}});
  SourceHarness<Sequence> one({{"count", "10"}, {"partitions", "1"}});
  const auto part = two.source().open("0", std::nullopt);
  two.poll(*part, 3);
  const std::string position = two.position(*part);
  EXPECT_EQ(position, "6 2");
  try {
    one.source().open("0", position);
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_EQ(e.status(), SH_E_STATE);
    EXPECT_STREQ(e.what(),
                 "cannot go on with partitions = 1: it was 2 when the snapshot was taken, and must "
                 "stay so while the job is continued");
  }
  SourceHarness<Nexmark> nexmark({{"seed", "1"}, {"interval", "100"}});
  EXPECT_THROW(nexmark.source().open("0", "100 2"), Error);
  EXPECT_NO_THROW(nexmark.source().open("0", "100 1"));
}

TEST(DemoSources, AnEndedPartitionGoesOnWhenThereIsMoreToCome) {
  SourceHarness<Sequence> ten({{"count", "10"}, {"partitions", "3"}});
  SourceHarness<Sequence> twenty({{"count", "20"}, {"partitions", "3"}});
  for (const char* name : {"0", "1", "2"}) {
    const auto part = ten.source().open(name, std::nullopt);
    EXPECT_EQ(ten.poll(*part, 100).status, SH_END);
    Strings records = ten.ports[0];
    const std::string position = ten.position(*part);
    EXPECT_EQ(ten.position(*part), position);
    const auto ended = ten.source().open(name, position);
    EXPECT_EQ(ten.poll(*ended, 100).status, SH_END);
    EXPECT_TRUE(ten.ports[0].empty());
    const auto more = twenty.source().open(name, position);
    EXPECT_EQ(twenty.poll(*more, 100).status, SH_END);
    records.insert(records.end(), twenty.ports[0].begin(), twenty.ports[0].end());
    EXPECT_EQ(records, twenty.all(name, 0));
  }
}

TEST(DemoSources, ARateSaysWhenToPollAgain) {
  SourceHarness<Sequence> harness({{"rate", "100"}, {"partitions", "2"}});
  const auto part = harness.source().open("0", std::nullopt);
  EXPECT_EQ(harness.poll(*part, 1000).status, SH_OK);
  EXPECT_EQ(harness.ports[0].size(), 1u);
  const Poll wait = harness.poll(*part, 1000);
  EXPECT_EQ(wait.status, SH_AGAIN);
  EXPECT_EQ(wait.at_us, harness.now_us + 20'000);
  harness.now_us += 100'000;
  harness.poll(*part, 1000);
  EXPECT_EQ(harness.ports[0].size(), 5u);
}

TEST(DemoSources, MetricsResumeWithTheirValue) {
  SourceHarness<Metrics> harness({{"count", "500"},
                                  {"partitions", "2"},
                                  {"interval", "1000000"},
                                  {"start", "0"},
                                  {"seed", "3"}});
  EXPECT_EQ(harness.source().partitions(), (Strings{"dev-000", "dev-001"}));
  const Strings readings = harness.all("dev-001", 0);
  ASSERT_EQ(readings.size(), 500u);
  EXPECT_EQ(harness.all("dev-001", 3), readings);
  EXPECT_NE(harness.all("dev-000", 0), readings);
  EXPECT_TRUE(readings[1].starts_with(
      R"(dev-001={"device":"dev-001","time":"1970-01-01T00:00:01Z","value":)"));
  EXPECT_TRUE(readings[1].ends_with("}@1000000"));
}

TEST(DemoSources, NexmarkResumesAtItsPosition) {
  SourceHarness<Nexmark> harness(
      {{"count", "777"}, {"partitions", "3"}, {"interval", "100"}, {"start", "0"}, {"seed", "1"}});
  size_t total = 0;
  for (const char* partition : {"0", "1", "2"}) {
    const Strings events = harness.all(partition, 0);
    total += events.size();
    EXPECT_EQ(harness.all(partition, 1), events);
    EXPECT_EQ(harness.all(partition, 33), events);
  }
  EXPECT_EQ(total, 777u);
}

TEST(DemoSources, NexmarkPutsEachEventOnItsOwnPortToo) {
  SourceHarness<Nexmark> harness({{"seed", "1"}, {"interval", "100"}});
  const auto part = harness.source().open("0", std::nullopt);
  harness.poll(*part, 500);
  EXPECT_EQ(harness.ports[0].size(), 500u);
  EXPECT_EQ(harness.ports[1].size(), 10u);
  EXPECT_EQ(harness.ports[2].size(), 30u);
  EXPECT_EQ(harness.ports[3].size(), 460u);
  EXPECT_EQ(harness.ports[1][0], harness.ports[0][0]);
  EXPECT_EQ(harness.ports[2][0], harness.ports[0][1]);
  EXPECT_EQ(harness.ports[3][0], harness.ports[0][4]);
}

}  // namespace
}  // namespace streamhost::demo
