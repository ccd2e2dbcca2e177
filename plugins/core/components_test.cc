#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "common/component_harness.h"

namespace streamhost::core {
namespace {

using plugin_common::ComponentHarness;
using plugin_common::TestRecord;

constexpr auto kNone = std::nullopt;
using Records = std::vector<TestRecord>;

// The one result of a fold over these values under one key; empty when there is none.
std::string folded(const std::string& component, const std::vector<std::string>& values) {
  ComponentHarness h(component, {});
  Records records;
  for (const std::string& v : values) records.push_back({"k", v});
  EXPECT_EQ(h.process(records), SH_OK);
  EXPECT_TRUE(h.out.empty());
  EXPECT_EQ(h.end(), SH_OK);
  return h.out.empty() ? "" : h.out.at(0).value.value();
}

TEST(KeyOn, TheValueBecomesTheKey) {
  ComponentHarness h("key_on", {{"key", "value"}});
  ASSERT_EQ(h.process({{kNone, "a", 5, {{"h", "x"}}}, {"old", ""}, {"old", "b"}}), SH_OK);
  EXPECT_EQ(h.out, (Records{{"a", "a", 5, {{"h", "x"}}}, {"", ""}, {"b", "b"}}));
  EXPECT_EQ(h.hashes, (std::vector<uint64_t>{0, 0, 0}));
}

TEST(KeyOn, ARecordWithoutWhatIsNeededIsRejectedAndTheOthersGoOn) {
  ComponentHarness h("key_on", {{"key", "value"}});
  ASSERT_EQ(h.process({{"k", kNone}, {"k", "a"}, {"k", kNone}, {"k", kNone}, {"k", "b"}}), SH_OK);
  EXPECT_EQ(h.out, (Records{{"a", "a"}, {"b", "b"}}));
  EXPECT_EQ(h.rejected,
            (std::vector<std::string>(3, "the record has no value that could be its key")));
  ComponentHarness g("key_on", {{"key", "header:city"}});
  ASSERT_EQ(g.process({{kNone, "1", SH_NO_TIME, {{"x", "y"}, {"city", "Oslo"}, {"city", "Rome"}}},
                       {"k", "2"}}),
            SH_OK);
  ASSERT_EQ(g.out.size(), 1u);
  EXPECT_EQ(g.out[0].key, "Oslo");
  EXPECT_EQ(g.rejected,
            (std::vector<std::string>{"the record has no header \"city\" that could be its key"}));
}

TEST(KeyOn, AConstantIsGivenToAll) {
  ComponentHarness h("key_on", {{"key", "constant:all: of them"}});
  ASSERT_EQ(h.process({{kNone, "1"}, {"k", kNone}}), SH_OK);
  EXPECT_EQ(h.out, (Records{{"all: of them", "1"}, {"all: of them", kNone}}));
  ComponentHarness empty("key_on", {{"key", "constant:"}});
  ASSERT_EQ(empty.process({{kNone, "1"}}), SH_OK);
  EXPECT_EQ(empty.out, (Records{{"", "1"}}));
}

TEST(KeyOn, AnythingElseIsRefused) {
  for (const char* key : {"", "valeu", "header", "header:", "constant", "x:y"}) {
    ComponentHarness h("key_on", {{"key", key}});
    EXPECT_NE(h.error.find("is none of"), std::string::npos) << key << ": " << h.error;
  }
}

TEST(KeyRm, TakesTheKeyAway) {
  ComponentHarness h("key_rm", {});
  ASSERT_EQ(h.process({{"k", "1"}, {kNone, "2"}}), SH_OK);
  EXPECT_EQ(h.out, (Records{{kNone, "1"}, {kNone, "2"}}));
  EXPECT_EQ(h.hashes, (std::vector<uint64_t>{0, 0}));
}

TEST(Redistribute, PassesRecordsOnAndAsksTheHostToSpreadThem) {
  ComponentHarness h("redistribute", {});
  ASSERT_EQ(h.process({{"k", "1"}, {kNone, "2"}}), SH_OK);
  EXPECT_EQ(h.out, (Records{{"k", "1"}, {kNone, "2"}}));
  EXPECT_EQ(h.hashes, (std::vector<uint64_t>{77, 77}));
}

TEST(Inspect, ShowsEachRecordAndPassesItOn) {
  ComponentHarness h("inspect", {});
  const Records records{{"k", "1"}, {kNone, "a\nb"}, {"k", kNone}};
  ASSERT_EQ(h.process(records), SH_OK);
  EXPECT_EQ(h.out, records);
  EXPECT_EQ(h.logged, (std::vector<std::string>{"k 1", "a\\nb", "k (no value)"}));
}

TEST(Inspect, StopsShowingAtTheLimitButPassesAll) {
  ComponentHarness h("inspect", {{"limit", "2"}});
  ASSERT_EQ(h.process({{kNone, "1"}, {kNone, "2"}, {kNone, "3"}}), SH_OK);
  ASSERT_EQ(h.process({{kNone, "4"}}), SH_OK);
  EXPECT_EQ(h.out.size(), 4u);
  EXPECT_EQ(h.logged, (std::vector<std::string>{
                          "1", "2", "the limit of 2 is reached: the rest passes unseen"}));
}

TEST(InspectDebug, AddsEpochWorkerAndTime) {
  ComponentHarness h("inspect_debug", {});
  ASSERT_EQ(h.process({{"k", "1"}, {"k", "2", 1714564800250000}, {"k", "3", -1}}), SH_OK);
  EXPECT_EQ(h.logged,
            (std::vector<std::string>{"epoch=3 worker=2 k 1",
                                      "epoch=3 worker=2 time=2024-05-01T12:00:00.250000Z k 2",
                                      "epoch=3 worker=2 time=1969-12-31T23:59:59.999999Z k 3"}));
}

TEST(InspectDebug, ShowsTheFirstAndTheLastTimeThereIs) {
  ComponentHarness h("inspect_debug", {});
  ASSERT_EQ(h.process({{kNone, "1", INT64_MIN + 1}, {kNone, "2", INT64_MAX}}), SH_OK);
  EXPECT_EQ(h.logged,
            (std::vector<std::string>{"epoch=3 worker=2 time=-290308-12-21T19:59:05.224193Z 1",
                                      "epoch=3 worker=2 time=294247-01-10T04:00:54.775807Z 2"}));
}

TEST(Raises, FailsAtTheFirstRecordAndShowsIt) {
  ComponentHarness h("raises", {{"message", "no way"}});
  EXPECT_EQ(h.process({{"k", "1"}, {"k", "2"}}), SH_E_DATA);
  EXPECT_EQ(h.message(), "no way: key \"k\", value \"1\"");
  ComponentHarness g("raises", {});
  EXPECT_EQ(g.process({{kNone, kNone}}), SH_E_DATA);
  EXPECT_EQ(g.message(), "a record came to a step that admits none: key absent, value absent");
}

TEST(Folds, CountAnyRecords) { EXPECT_EQ(folded("count_final", {"a", "", "1"}), "3"); }

TEST(Folds, SumsOfShortDecimalsAreExact) {
  EXPECT_EQ(folded("sum_final", {"0.1", "0.2"}), "0.3");
  EXPECT_EQ(folded("sum_final", {"1", "-3"}), "-2");
  EXPECT_EQ(folded("sum_final", {"1.5", "1.5"}), "3");
  EXPECT_EQ(folded("sum_final", {"9223372036854775807", "9223372036854775807"}),
            "18446744073709551614");
  EXPECT_EQ(folded("sum_final", {"1e3", "0.5"}), "1000.5");
  EXPECT_EQ(folded("sum_final", {"1e308", "1e308"}), "null");
}

TEST(Folds, MinAndMaxCompareNumbersNotText) {
  EXPECT_EQ(folded("min_final", {"10", "9", "100"}), "9");
  EXPECT_EQ(folded("max_final", {"10", "9", "100"}), "100");
  EXPECT_EQ(folded("max_final", {"-3", "-2.5", "-10"}), "-2.5");
  EXPECT_EQ(folded("min_final", {"-3", "-2.5", "-10"}), "-10");
  EXPECT_EQ(folded("max_final", {"0.5", "0.25"}), "0.5");
  EXPECT_EQ(folded("max_final", {"9223372036854775806", "9223372036854775807", "1.5"}),
            "9223372036854775807");
  EXPECT_EQ(folded("min_final", {"2.0", "2"}), "2");
}

TEST(Folds, StatsAreFoundInOnePass) {
  EXPECT_EQ(folded("stats_final", {"3", "-1.5", "0.1"}),
            "{\"count\":3,\"min\":-1.5,\"mean\":0.5333333333333333,\"max\":3}");
  EXPECT_EQ(folded("stats_final", {"7"}), "{\"count\":1,\"min\":7,\"mean\":7,\"max\":7}");
}

TEST(Folds, WhatIsNoNumberIsRejected) {
  for (const char* name : {"sum_final", "min_final", "max_final", "stats_final"}) {
    ComponentHarness h(name, {});
    ASSERT_EQ(h.process({{"a", "x\ny"}, {"b", "2"}, {"a", kNone}}), SH_OK);
    ASSERT_EQ(h.end(), SH_OK);
    EXPECT_EQ(h.rejected,
              (std::vector<std::string>{"the value is not a number",
                                        "the record has no value, where a number is needed"}));
    ASSERT_EQ(h.out.size(), 1u) << name;  // "a" has no result, rather than a wrong one
    EXPECT_EQ(h.out[0].key, "b");
  }
}

TEST(Folds, StatesOfTwoWorkersMerge) {
  const auto merged = [](const std::string& name, const std::string& a, const std::string& b) {
    ComponentHarness one(name, {}), two(name, {});
    EXPECT_EQ(one.process({{"k", a}}), SH_OK);
    EXPECT_EQ(two.process({{"k", b}, {"only two", "4"}}), SH_OK);
    two.save_and_restore();
    one.merge(two);
    EXPECT_EQ(one.end(), SH_OK);
    EXPECT_EQ(one.out.size(), 2u);
    return one.out[0].value.value() + " " + one.out[1].value.value();
  };
  EXPECT_EQ(merged("count_final", "x", "y"), "2 1");
  EXPECT_EQ(merged("sum_final", "0.1", "0.2"), "0.3 4");
  EXPECT_EQ(merged("min_final", "0.1", "-2"), "-2 4");
  EXPECT_EQ(merged("max_final", "0.1", "-2"), "0.1 4");
  EXPECT_EQ(merged("stats_final", "1", "2"),
            "{\"count\":2,\"min\":1,\"mean\":1.5,\"max\":2} "
            "{\"count\":1,\"min\":4,\"mean\":4,\"max\":4}");
}

TEST(Collect, AnArrayIsPutOutWhenItIsFull) {
  ComponentHarness h("collect", {{"max_size", "2"}, {"timeout", "0"}});
  ASSERT_EQ(h.process({{"a", "1", 10}, {"b", "x"}, {"a", "{\"y\":2}", 7}, {"a", kNone}}), SH_OK);
  EXPECT_EQ(h.out, (Records{{"a", "[1,{\"y\":2}]", 10}}));
  EXPECT_EQ(h.state_count(), 2u);
  ASSERT_EQ(h.end(), SH_OK);
  EXPECT_EQ(h.out, (Records{{"a", "[1,{\"y\":2}]", 10}, {"a", "[null]"}, {"b", "[\"x\"]"}}));
}

TEST(Collect, NothingIsKeptForAKeyBetweenArrays) {
  ComponentHarness h("collect", {{"max_size", "2"}, {"timeout", "1000"}});
  ASSERT_EQ(h.process({{"a", "1"}, {"a", "2"}}), SH_OK);
  EXPECT_EQ(h.state_count(), 0u);
  EXPECT_EQ(h.timer_count(), 0u);
  // Full and begun again within one batch: the second array is kept, with a timer of its own.
  ASSERT_EQ(h.process({{"a", "3"}, {"a", "4"}, {"a", "5"}}), SH_OK);
  EXPECT_EQ(h.state_count(), 1u);
  EXPECT_EQ(h.timer_count(), 1u);
  ASSERT_EQ(h.pass_time(1000), SH_OK);
  EXPECT_EQ(h.state_count(), 0u);
  EXPECT_EQ(h.out, (Records{{"a", "[1,2]"}, {"a", "[3,4]"}, {"a", "[5]"}}));
}

TEST(Collect, TheTimeCountsFromTheFirstValue) {
  ComponentHarness h("collect", {{"max_size", "10"}, {"timeout", "1000"}});
  ASSERT_EQ(h.process({{"a", "1"}}), SH_OK);
  ASSERT_EQ(h.pass_time(999), SH_OK);
  ASSERT_EQ(h.process({{"a", "2"}}), SH_OK);
  EXPECT_TRUE(h.out.empty());
  ASSERT_EQ(h.pass_time(1), SH_OK);
  EXPECT_EQ(h.out, (Records{{"a", "[1,2]"}}));
}

TEST(Collect, StatesSurviveASnapshot) {
  ComponentHarness h("collect", {{"max_size", "3"}, {"timeout", "1000"}});
  ASSERT_EQ(h.process({{"a", "1", 5}, {"a", "text", 6}, {"b", "\xff"}}), SH_OK);
  h.save_and_restore();
  ASSERT_EQ(h.process({{"a", "3", 4}}), SH_OK);
  EXPECT_EQ(h.out, (Records{{"a", "[1,\"text\",3]", 6}}));
  ASSERT_EQ(h.pass_time(1000), SH_OK);
  EXPECT_EQ(h.out.back(), (TestRecord{"b", "[\"\xEF\xBF\xBD\"]"}));
}

TEST(Collect, ValuesCanAllBeTakenAsText) {
  ComponentHarness h("collect", {{"max_size", "3"}, {"timeout", "0"}, {"values", "text"}});
  ASSERT_EQ(h.process({{"a", "1"}, {"a", "\"q\""}, {"a", "null"}}), SH_OK);
  EXPECT_EQ(h.out, (Records{{"a", "[\"1\",\"\\\"q\\\"\",\"null\"]"}}));
}

class EnrichTest : public ::testing::Test {
 protected:
  EnrichTest() { std::ofstream(path_) << "id,city\n1,Oslo\n2,\"New \"\"York\"\"\"\n"; }
  ~EnrichTest() override { std::remove(path_.c_str()); }
  Records enriched(const Records& records, std::map<std::string, std::string> options = {}) {
    options["path"] = path_;
    ComponentHarness h("enrich", std::move(options));
    EXPECT_EQ(h.error, "");
    EXPECT_EQ(h.process(records), SH_OK);
    rejected_ = h.rejected;
    return h.out;
  }
  std::string path_ =
      ::testing::TempDir() + std::to_string(::getpid()) + "-streamhost_enrich_test.csv";
  std::vector<std::string> rejected_;
};

TEST_F(EnrichTest, AnObjectGetsOneMoreMember) {
  EXPECT_EQ(enriched({{"1", "{\"n\":5}", 9}, {"2", " { } "}}, {{"as", "where"}}),
            (Records{{"1", "{\"n\":5,\"where\":{\"id\":1,\"city\":\"Oslo\"}}", 9},
                     {"2", "{\"where\":{\"id\":2,\"city\":\"New \\\"York\\\"\"}}"}}));
}

TEST_F(EnrichTest, OtherValuesAreWrapped) {
  const std::string oslo = ",\"match\":{\"id\":1,\"city\":\"Oslo\"}}";
  EXPECT_EQ(enriched({{"1", "5"}, {"1", "text"}, {"1", kNone}, {"1", "{broken"}}),
            (Records{{"1", "{\"value\":5" + oslo},
                     {"1", "{\"value\":\"text\"" + oslo},
                     {"1", "{\"value\":null" + oslo},
                     {"1", "{\"value\":\"{broken\"" + oslo}}));
}

TEST_F(EnrichTest, AMissingKeyPassesIsDroppedOrRejected) {
  const Records records{{"3", "{\"n\":5}"}, {kNone, "7"}, {"1", "{}"}};
  const TestRecord found{"1", "{\"match\":{\"id\":1,\"city\":\"Oslo\"}}"};
  EXPECT_EQ(
      enriched(records),
      (Records{{"3", "{\"n\":5,\"match\":null}"}, {kNone, "{\"value\":7,\"match\":null}"}, found}));
  EXPECT_EQ(enriched(records, {{"missing", "drop"}}), (Records{found}));
  EXPECT_EQ(enriched(records, {{"missing", "reject"}}), (Records{found}));
  EXPECT_EQ(rejected_, (std::vector<std::string>{"the key is not in the lookup file",
                                                 "the record has no key to look up"}));
}

TEST_F(EnrichTest, AFileThatCannotBeUsedIsRefusedAtOnce) {
  ComponentHarness h("enrich", {{"path", path_}, {"column", "town"}});
  EXPECT_EQ(h.error, path_ + ":1: there is no column \"town\"; the columns are id, city");
}

}  // namespace
}  // namespace streamhost::core
