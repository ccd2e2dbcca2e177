// The steps that use aggregates: fold_final, reduce_final, aggregate, stateful_map,
// stateful_flat_map.
#include <gtest/gtest.h>

#include "aggregate_parts.h"
#include "aggregated.h"
#include "common/component_harness.h"
#include "common/test_host.h"

namespace streamhost::core {
namespace {

using plugin_common::ComponentHarness;
using plugin_common::TestOptions;
using plugin_common::TestRecord;

constexpr auto kNone = std::nullopt;
using Records = std::vector<TestRecord>;
using Texts = std::vector<std::string>;

class AggregatedTest : public ::testing::Test {
 protected:
  ~AggregatedTest() override { EXPECT_EQ(Echo::State::alive, 0); }

  const AggregateParts parts_;
  const TestOptions sum_ = parts_.one("agg.sum"), echo_ = parts_.one("test.echo");
  const TestOptions both_ = parts_.named({{"n", "agg.count"}, {"total", "agg.sum"}});
};

TEST_F(AggregatedTest, FoldsPutOutOneResultForEachKeyAtTheEnd) {
  ComponentHarness h("fold_final", {}, both_);
  ASSERT_EQ(h.error, "");
  ASSERT_EQ(h.process({{"a", "1", 5}, {"b", "2"}, {"a", "3"}}), SH_OK);
  ASSERT_EQ(h.process({{"a", "0.5"}}), SH_OK);
  EXPECT_TRUE(h.out.empty());
  ASSERT_EQ(h.end(), SH_OK);
  EXPECT_EQ(h.out, (Records{{"a", "{\"n\":3,\"total\":4.5}"}, {"b", "{\"n\":1,\"total\":2}"}}));
}

TEST_F(AggregatedTest, ASingleAggregateIsTheResultItself) {
  for (const char* component : {"fold_final", "reduce_final"}) {
    ComponentHarness h(component, {}, sum_);
    ASSERT_EQ(h.process({{"a", "1"}, {"a", "3"}}), SH_OK);
    ASSERT_EQ(h.end(), SH_OK);
    EXPECT_EQ(h.out, (Records{{"a", "4"}}));
  }
}

TEST_F(AggregatedTest, AFoldRejectsWhatItsAggregatesCannotTake) {
  ComponentHarness h("fold_final", {}, both_);
  ASSERT_EQ(h.process({{"a", "x"}, {"b", "2"}, {"b", "y"}, {"b", kNone}, {"b", "3"}}), SH_OK);
  ASSERT_EQ(h.end(), SH_OK);
  // "a" has no result, for all of its records were bad.
  ASSERT_EQ(h.out.size(), 1u);
  EXPECT_EQ(h.out[0].key, "b");
  ASSERT_EQ(h.rejected.size(), 3u);
  EXPECT_EQ(h.rejected[0], "total: the value is not a number, or one beyond the range of a double");
}

TEST_F(AggregatedTest, FoldsOfTwoWorkersMerge) {
  ComponentHarness one("fold_final", {}, both_), two("fold_final", {}, both_);
  ASSERT_EQ(one.process({{"a", "1"}}), SH_OK);
  ASSERT_EQ(two.process({{"a", "2"}, {"only two", "4"}, {"bad", "x"}}), SH_OK);
  two.save_and_restore();
  one.merge(two);
  ASSERT_EQ(one.process({{"a", "10"}}), SH_OK);
  ASSERT_EQ(one.end(), SH_OK);
  EXPECT_EQ(one.out,
            (Records{{"a", "{\"n\":3,\"total\":13}"}, {"only two", "{\"n\":1,\"total\":4}"}}));
}

TEST_F(AggregatedTest, StatesSurviveASnapshotAndFreeWhatTheyOwn) {
  for (const char* component :
       {"fold_final", "reduce_final", "aggregate", "stateful_map", "stateful_flat_map"}) {
    ComponentHarness h(component, {}, echo_);
    ASSERT_EQ(h.process({{"a", "[1]"}, {"b", "[2]"}, {"bad one", "bad"}}), SH_OK) << component;
    EXPECT_EQ(Echo::State::alive, 3);
    h.save_and_restore();
    EXPECT_EQ(Echo::State::alive, 3) << component;
    ASSERT_EQ(h.process({{"a", "[3]"}}), SH_OK);
  }
  EXPECT_EQ(Echo::State::alive, 0);
}

TEST_F(AggregatedTest, AStateOfOtherAggregatesIsRefused) {
  plugin_common::TestHost host, other_host;
  host.options = sum_;
  other_host.options = echo_;
  Aggregated sums(host.context(), host.config()), echoes(other_host.context(), other_host.config());
  const auto refused = [&](std::string_view saved) -> std::string {
    try {
      echoes.restore(saved);
      return "(nothing)";
    } catch (const Error& e) {
      EXPECT_EQ(e.status(), SH_E_STATE);
      return e.what();
    }
  };
  std::string of_sum;
  Block none{}, merged{};
  sums.merge(merged, none);  // nothing comes of nothing
  sums.save(merged, of_sum);
  EXPECT_EQ(of_sum, std::string(1, '\0'));
  const std::string_view one = "1";
  sh_record record{};
  record.value = to_bytes(one).ptr;
  record.value_len = 1;
  sh_batch batch{};
  batch.struct_size = sizeof batch;
  batch.records = &record;
  batch.count = 1;
  Out out = host.out();
  sums.add(
      Batch(batch), 0, 1, [&](uint32_t) -> Block& { return merged; }, out);
  of_sum.clear();
  sums.save(merged, of_sum);
  sums.drop(merged);
  EXPECT_EQ(refused(of_sum),
            "the saved state is of the aggregates agg.sum, and the manifest names other ones; name "
            "those again, or discard the step's states with --drop-state");
  EXPECT_EQ(refused(""), "a saved state is cut off, or no state of this step");
  EXPECT_EQ(refused("\x07"), "a saved state is cut off, or no state of this step");
  EXPECT_EQ(refused("\x02"), "the saved state of the aggregates is cut off");
}

TEST_F(AggregatedTest, EachChangeIsPutOutOnceForAKeyAndBatch) {
  ComponentHarness h("aggregate", {}, sum_);
  ASSERT_EQ(h.process({{"a", "1", 9}, {"b", "5", 2}, {"a", "2", 7, {{"h", "x"}}}, {"c", "no"}}),
            SH_OK);
  EXPECT_EQ(h.out, (Records{{"b", "5", 2}, {"a", "3", 7, {{"h", "x"}}}}));
  ASSERT_EQ(h.process({{"a", "4"}}), SH_OK);
  EXPECT_EQ(h.out.back(), (TestRecord{"a", "7"}));
  EXPECT_EQ(h.out.size(), 3u);
  EXPECT_EQ(h.rejected.size(), 1u);
  EXPECT_EQ(h.end(), SH_AGAIN);  // the states are kept for a later run
  EXPECT_EQ(h.out.size(), 3u);   // nothing was left
  EXPECT_EQ(h.timer_count(), 0u);
}

TEST_F(AggregatedTest, AResultThatCannotBeMadeRejectsTheRecordThatAskedForIt) {
  for (const char* emit : {"change", "record"}) {
    ComponentHarness h("aggregate", {{"emit", emit}}, parts_.one("test.echo"));
    ASSERT_EQ(h.process({{"a", "1"}, {"b", "fail"}, {"c", "3"}}), SH_OK) << h.message();
    EXPECT_EQ(h.out, (Records{{"a", "1"}, {"c", "3"}}));
    EXPECT_EQ(h.rejected, (std::vector<std::string>{"test.echo: no result"}));
  }
}

TEST_F(AggregatedTest, ARejectedRecordIsNotTheLastOfItsKey) {
  ComponentHarness h("aggregate", {}, sum_);
  ASSERT_EQ(h.process({{"a", "1", 1}, {"a", "x", 2}}), SH_OK);
  EXPECT_EQ(h.out, (Records{{"a", "1", 1}}));
}

TEST_F(AggregatedTest, EachRecordCanBePutOut) {
  ComponentHarness h("aggregate", {{"emit", "record"}}, both_);
  ASSERT_EQ(h.process({{"a", "1", 1}, {"b", "5", 2}, {"a", "2", 3}, {"a", "x", 4}, {"a", "4", 5}}),
            SH_OK);
  EXPECT_EQ(h.out, (Records{{"a", "{\"n\":1,\"total\":1}", 1},
                            {"b", "{\"n\":1,\"total\":5}", 2},
                            {"a", "{\"n\":2,\"total\":3}", 3},
                            {"a", "{\"n\":4,\"total\":7}", 5}}));
}

TEST_F(AggregatedTest, WhatChangedIsPutOutEveryInterval) {
  ComponentHarness h("aggregate", {{"every", "1000"}}, sum_);
  ASSERT_EQ(h.process({{"a", "1", 5}, {"a", "2", 3}}), SH_OK);
  ASSERT_EQ(h.pass_time(400), SH_OK);
  ASSERT_EQ(h.process({{"b", "7"}, {"a", "3"}}), SH_OK);
  EXPECT_TRUE(h.out.empty());
  EXPECT_EQ(h.timer_count(), 2u);
  ASSERT_EQ(h.pass_time(600), SH_OK);
  EXPECT_EQ(h.out, (Records{{"a", "6", 5}}));
  h.save_and_restore();
  ASSERT_EQ(h.pass_time(400), SH_OK);
  EXPECT_EQ(h.out, (Records{{"a", "6", 5}, {"b", "7"}}));
  // Nothing changes, so nothing is to be done.
  EXPECT_EQ(h.timer_count(), 0u);
  ASSERT_EQ(h.pass_time(10'000), SH_OK);
  EXPECT_EQ(h.out.size(), 2u);
  ASSERT_EQ(h.process({{"a", "-6", 4}}), SH_OK);
  ASSERT_EQ(h.end(), SH_OK);
  EXPECT_EQ(h.out.size(), 3u);
  EXPECT_EQ(h.out.back(), (TestRecord{"a", "0", 4}));
}

TEST_F(AggregatedTest, AnIntervalForEachRecordIsRefused) {
  ComponentHarness h("aggregate", {{"every", "1000"}, {"emit", "record"}}, sum_);
  EXPECT_EQ(h.error,
            "emit = \"record\" puts out a result for each record, and every = … one for each "
            "interval: leave out one of them");
}

TEST_F(AggregatedTest, StatefulMapPutsOutTheResultSoFarForEachRecord) {
  ComponentHarness h("stateful_map", {}, sum_);
  ASSERT_EQ(h.process({{"a", "1", 1}, {"b", "5", 2}, {"a", "2", 3, {{"h", "x"}}}, {"a", "x"}}),
            SH_OK);
  h.save_and_restore();
  ASSERT_EQ(h.process({{"a", "4"}}), SH_OK);
  EXPECT_EQ(h.out,
            (Records{{"a", "1", 1}, {"b", "5", 2}, {"a", "3", 3, {{"h", "x"}}}, {"a", "7"}}));
  EXPECT_EQ(h.rejected.size(), 1u);
}

TEST_F(AggregatedTest, ARecordOfWhichThereIsNoResultIsRejected) {
  ComponentHarness h("stateful_map", {}, echo_);
  ASSERT_EQ(h.process({{"a", "1"}, {"a", "fail"}, {"a", "2"}}), SH_OK);
  EXPECT_EQ(h.out, (Records{{"a", "1"}, {"a", "2"}}));
  EXPECT_EQ(h.rejected, Texts{"test.echo: no result"});
}

TEST_F(AggregatedTest, StatefulFlatMapPutsOutTheElementsOfTheResult) {
  ComponentHarness h("stateful_flat_map", {}, echo_);
  ASSERT_EQ(h.process({{"a", "[1, \"x\",{\"y\":[2,3]}]", 4}, {"a", "[]"}, {"b", "null"}}), SH_OK);
  EXPECT_EQ(h.out, (Records{{"a", "1", 4}, {"a", "\"x\"", 4}, {"a", "{\"y\":[2,3]}", 4}}));
  EXPECT_TRUE(h.rejected.empty());
  ASSERT_EQ(h.process({{"a", "{\"z\":1}"}, {"b", "[9]"}}), SH_OK);
  EXPECT_EQ(h.out.back(), (TestRecord{"b", "9"}));
  EXPECT_EQ(h.rejected, Texts{"the result of test.echo is {\"z\":1}, where an array is needed, of "
                              "which each element becomes a record"});
}

TEST_F(AggregatedTest, ManyKeysAndBatchesGiveTheSameAsOneByOne) {
  ComponentHarness h("stateful_map", {}, sum_);
  std::map<std::string, int> totals;
  Records expected;
  uint32_t random = 1;
  for (int batch = 0; batch < 50; ++batch) {
    Records records;
    for (int i = 0; i < 40; ++i) {
      random = random * 1664525 + 1013904223;
      const std::string key(1, static_cast<char>('a' + (random >> 24) % 7));
      const int value = static_cast<int>(random >> 16) % 100;
      records.push_back({key, std::to_string(value)});
      expected.push_back({key, std::to_string(totals[key] += value)});
    }
    ASSERT_EQ(h.process(records), SH_OK);
    if (batch % 10 == 9) h.save_and_restore();
  }
  // Within a lot of different keys, and for each key, the order is that of the records.
  EXPECT_EQ(h.out, expected);
}

}  // namespace
}  // namespace streamhost::core
