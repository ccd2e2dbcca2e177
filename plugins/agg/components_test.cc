#include "aggregate_harness.h"

namespace streamhost::agg {
namespace {

using Options = AggregateHarness::Options;

std::string result(const std::string& name, const Options& options,
                   const std::vector<std::string>& texts) {
  AggregateHarness h(name, options);
  EXPECT_EQ(h.error, "");
  return h.result(texts);
}

// The message of the record that cannot be added, which must be the second of three.
std::string refusal(const std::string& name, const Options& options, const std::string& bad,
                    const std::string& good = "1") {
  AggregateHarness h(name, options);
  const auto state = h.state();
  const std::vector<TestRecord> records = {{good}, {bad}, {good}};
  EXPECT_EQ(h.add(state, records), SH_E_DATA) << bad;
  EXPECT_EQ(h.bad_record(), 1u);
  const std::string message = h.message();
  // The first is done; the caller goes on behind the bad one.
  EXPECT_EQ(h.add(state, {records[2]}), SH_OK);
  EXPECT_EQ(h.finish(state), h.finish(h.state_of({records[0], records[2]})));
  return message;
}

TEST(Aggregates, OfNothing) {
  const std::vector<std::pair<std::pair<std::string, Options>, std::string>> expected = {
      {{"count", {}}, "0"},
      {{"sum", {}}, "0"},
      {{"min", {}}, "null"},
      {{"max", {}}, "null"},
      {{"mean", {}}, "null"},
      {{"stddev", {}}, "null"},
      {{"first", {}}, "null"},
      {{"last", {}}, "null"},
      {{"collect", {}}, "[]"},
      {{"collect", {{"as", {"set"}}}}, "[]"},
      {{"distinct", {}}, "0"},
      {{"distinct", {{"method", {"hll"}}}}, "0"},
      {{"quantile", {{"q", {"0.5"}}}}, "null"},
      {{"quantile", {{"q", {"0.5", "1"}}}}, "[null,null]"},
      {{"top_k", {{"k", {"3"}}}}, "[]"},
      {{"frequent", {{"k", {"3"}}}}, "[]"},
  };
  for (const auto& [component, text] : expected) {
    AggregateHarness h(component.first, component.second);
    const auto empty = h.state();
    EXPECT_EQ(h.finish(empty), text) << component.first;
    const std::string saved = h.save(empty);
    EXPECT_LE(saved.size(), 1u) << component.first;
    const auto again = h.restore(saved);
    ASSERT_NE(again, nullptr) << h.message();
    EXPECT_EQ(h.merge(again, empty), SH_OK);
    EXPECT_EQ(h.finish(again), text) << component.first;
  }
}

TEST(Aggregates, EveryTableIsComplete) {
  for (uint32_t i = 0; i < streamhost_plugin.component_count; ++i) {
    const sh_aggregate& t = *streamhost_plugin.components[i]->aggregate;
    EXPECT_TRUE(t.add && t.merge && t.finish && t.save && t.restore);
    EXPECT_GE(t.state_size, 8u);
    EXPECT_LE(t.state_size, 80u);
    EXPECT_EQ(t.state_version, 1u);
  }
  EXPECT_EQ(AggregateHarness("count").table().state_size, 8u);
}

TEST(Aggregates, AStateOfANewerVersionIsRefused) {
  AggregateHarness h("sum");
  EXPECT_EQ(h.restore("", 2), nullptr);
  EXPECT_EQ(h.status, SH_E_STATE);
  EXPECT_EQ(h.message(),
            "a saved state of agg.sum cannot be used: it has version 2, this plugin reads version "
            "1; use the plugin that wrote it, or a newer one");
}

TEST(Aggregates, RecordsGoToTheirOwnStates) {
  AggregateHarness h("sum", {{"of", {"/n"}}});
  const auto a = h.state(), b = h.state();
  const auto records = values({R"({"n":1})", R"({"n":20})", R"({"n":3})", R"({"n":40})"});
  EXPECT_EQ(h.add_each({a.get(), b.get(), a.get(), b.get()}, records), SH_OK);
  EXPECT_EQ(h.finish(a), "4");
  EXPECT_EQ(h.finish(b), "60");
}

TEST(Count, CountsRecordsOrWhatIsThere) {
  EXPECT_EQ(result("count", {}, {"a", "", "null", "{}"}), "4");
  EXPECT_EQ(result("count", {{"of", {"/x"}}}, {R"({"x":1})", R"({"x":null})", "{}", "5"}), "1");
  AggregateHarness h("count", {{"of", {"/x"}}, {"missing", {"error"}}});
  EXPECT_EQ(h.add(h.state(), values({R"({"x":1})", "{}"})), SH_E_DATA);
  EXPECT_EQ(h.bad_record(), 1u);
}

TEST(Sum, IsExactForDecimalsAndLargeIntegers) {
  EXPECT_EQ(result("sum", {}, {"0.1", "0.2"}), "0.3");
  EXPECT_EQ(result("sum", {}, {"9223372036854775807", "9223372036854775807"}),
            "18446744073709551614");
  EXPECT_EQ(result("sum", {}, {"1e3", "2E-1", "-0"}), "1000.2");
  EXPECT_EQ(result("sum", {}, {"1e308", "1e308"}), "null") << "beyond the range of a double";
  EXPECT_EQ(result("sum", {{"of", {"/a/1"}}}, {R"({"a":[0,1.25]})", R"({"a":["x", 2]})"}), "3.25");
}

TEST(Mean, IsRoundedOnce) {
  EXPECT_EQ(result("mean", {}, {"0.1", "0.2", "0.3"}), "0.2");
  EXPECT_EQ(result("mean", {}, {"1", "2"}), "1.5");
  EXPECT_EQ(result("mean", {}, {"9223372036854775807", "9223372036854775805"}),
            "9223372036854775808")
      << "the double that is nearest";
  EXPECT_EQ(result("mean", {}, {"-0"}), "0");
}

TEST(MinMax, CompareIntegersExactly) {
  EXPECT_EQ(result("min", {}, {"3", "-0.5", "7"}), "-0.5");
  EXPECT_EQ(result("max", {}, {"3", "1e2", "7"}), "100");
  EXPECT_EQ(result("max", {}, {"9223372036854775806", "9223372036854775807", "9e18"}),
            "9223372036854775807");
  EXPECT_EQ(result("max", {}, {"-0"}), "0");
}

TEST(Stddev, OfASampleOrAPopulation) {
  const Options population = {{"kind", {"population"}}};
  EXPECT_EQ(result("stddev", population, {"2", "4", "4", "4", "5", "5", "7", "9"}), "2");
  EXPECT_EQ(result("stddev", {}, {"1", "3"}), "1.4142135623730951");
  EXPECT_EQ(result("stddev", {}, {"5"}), "null");
  EXPECT_EQ(result("stddev", population, {"5"}), "0");
  // The naive way, with squares, would find nothing but noise here.
  EXPECT_EQ(result("stddev", population, {"1000000001", "1000000003"}), "1");
}

TEST(Numbers, WhatIsNoNumberIsABadRecord) {
  for (const char* name : {"sum", "mean", "min", "max", "stddev"}) {
    for (const char* bad : {"NaN", "nan", "inf", "-Infinity", "1e400", "abc", "", "\"1\"", "1 2"}) {
      EXPECT_EQ(refusal(name, {}, bad),
                "the value is not a number, or one beyond the range of a double");
    }
    EXPECT_EQ(refusal(name, {}, "null"), "the record has no value, or null");
    const Options field = {{"of", {"/x"}}};
    const std::string good = R"({"x":1})";
    EXPECT_EQ(refusal(name, field, R"({"x":"1"})", good), "\"1\" at \"/x\" is not a number");
    EXPECT_EQ(refusal(name, field, R"({"x":1e999})", good),
              "1e999 at \"/x\" is beyond the range of a double");
    EXPECT_EQ(refusal(name, field, R"({"y":1})", good),
              "the value has nothing, or null, at \"/x\"");
    EXPECT_NE(refusal(name, field, R"({"x":NaN})", good), "");
    EXPECT_NE(refusal(name, field, R"({"x")", good), "");
    EXPECT_EQ(result(name, {{"of", {"/x"}}, {"missing", {"skip"}}},
                     {R"({"x":4})", R"({"x":null})", "{}", "7", R"({"x":4})"}),
              name == std::string("sum")      ? "8"
              : name == std::string("stddev") ? "0"
                                              : "4");
  }
}

TEST(Numbers, ARecordWithoutAValueLacksItsFields) {
  AggregateHarness strict("sum", {{"of", {"/x"}}});
  EXPECT_EQ(strict.add(strict.state(), {{R"({"x":1})"}, {std::nullopt}}), SH_E_DATA);
  EXPECT_EQ(strict.bad_record(), 1u);
  for (const std::string of : {"", "/x"}) {
    AggregateHarness h("count", {{"of", {of}}, {"missing", {"skip"}}});
    EXPECT_EQ(h.finish(h.state_of({{R"({"x":1})"}, {std::nullopt}})), of.empty() ? "2" : "1");
    AggregateHarness sum("sum", {{"missing", {"skip"}}});
    EXPECT_EQ(sum.finish(sum.state_of({{"5"}, {std::nullopt}, {" null "}})), "5");
  }
}

TEST(FirstLast, GoByEventTimeAndThenByArrival) {
  AggregateHarness first("first"), last("last");
  const std::vector<TestRecord> timed = {{"a", 5}, {"b", 3}, {"c", 3}, {"d", 9}, {"e", 9}, {"f"}};
  EXPECT_EQ(first.finish(first.state_of(timed)), "\"b\"");
  EXPECT_EQ(last.finish(last.state_of(timed)), "\"e\"");
  EXPECT_EQ(first.result({"1", "2", "3"}), "1");
  EXPECT_EQ(last.result({"1", "2", "3"}), "3");
  EXPECT_EQ(first.finish(first.state_of({{"x"}, {"y", 7}})), "\"y\"")
      << "a known time counts first";
}

TEST(FirstLast, AMergedStateCountsAsLaterInArrival) {
  AggregateHarness first("first"), last("last");
  for (AggregateHarness* h : {&first, &last}) {
    const auto a = h->state_of({{"1", 5}}), b = h->state_of({{"2", 5}});
    EXPECT_EQ(h->merge(a, b), SH_OK);
    EXPECT_EQ(h->finish(a), h == &first ? "1" : "2");
  }
}

TEST(FirstLast, TakeAnyValue) {
  EXPECT_EQ(result("last", {}, {"plain text"}), "\"plain text\"");
  EXPECT_EQ(result("last", {}, {" {\"a\": 1.0} "}), "{\"a\": 1.0}");
  const Options field = {{"of", {"/x"}}};
  EXPECT_EQ(result("first", field, {R"({"x":"q\"\u0061"})"}), R"("q\"\u0061")");
  EXPECT_EQ(result("first", field, {R"({"x":[1, {"y":2}]})"}), R"([1, {"y":2}])");
  EXPECT_NE(refusal("last", field, R"({"x":[1,]})", R"({"x":1})"), "");
  EXPECT_NE(refusal("last", field, R"({"x":"\q"})", R"({"x":1})"), "");
  EXPECT_EQ(result("last", {{"of", {"/x"}}, {"missing", {"null"}}}, {R"({"x":1})", "{}"}), "null");
}

TEST(Collect, AsAListOrASet) {
  EXPECT_EQ(result("collect", {}, {"2", "a", "[1]", "2", "1.0"}), R"([2,"a",[1],2,1.0])");
  EXPECT_EQ(result("collect", {{"as", {"set"}}}, {"10", "2", "a", "\"a\"", "2.0", "1e1"}),
            R"(["a",2,10])");
  EXPECT_EQ(result("collect", {{"limit", {"2"}}}, {"3", "1", "2"}), "[3,1]");
  EXPECT_EQ(result("collect", {{"as", {"set"}}, {"limit", {"2"}}}, {"5", "3", "1", "4", "2", "1"}),
            "[1,2]");
  EXPECT_EQ(result("collect", {{"of", {"/x"}}, {"missing", {"null"}}}, {R"({"x":1})", "{}"}),
            "[1,null]");
}

TEST(Collect, MergingKeepsTheLimit) {
  AggregateHarness h("collect", {{"limit", {"3"}}});
  const auto a = h.state_of(values({"1", "2"})), b = h.state_of(values({"3", "4"}));
  EXPECT_EQ(h.merge(a, b), SH_OK);
  EXPECT_EQ(h.finish(a), "[1,2,3]");
}

TEST(Collect, AListAndASetAreNotTakenForEachOther) {
  AggregateHarness list("collect"), set("collect", {{"as", {"set"}}});
  EXPECT_EQ(set.restore(list.save(list.state_of(values({"1"})))), nullptr);
  EXPECT_EQ(set.message(),
            "a saved state of agg.collect cannot be used: it is a list, and the manifest now says "
            "as = \"set\"");
  EXPECT_EQ(list.restore(set.save(set.state_of(values({"1"})))), nullptr);
}

TEST(Distinct, EqualValuesAreOneHoweverTheyAreWritten) {
  const std::vector<std::string> same = {"1", "1.0", "1e0", " 1 "};
  const std::vector<std::string> texts = {"a", "\"a\"", R"("\u0061")"};
  for (const char* method : {"exact", "hll"}) {
    EXPECT_EQ(result("distinct", {{"method", {method}}}, same), "1");
    EXPECT_EQ(result("distinct", {{"method", {method}}}, texts), "1");
    EXPECT_EQ(result("distinct", {{"method", {method}}}, {"1", "\"1\"", "true", "[1]", "[1.0]"}),
              "5");
  }
}

TEST(Distinct, AnotherMethodOrPrecisionIsRefused) {
  AggregateHarness exact("distinct"), hll("distinct", {{"method", {"hll"}}}),
      coarse("distinct", {{"method", {"hll"}}, {"precision", {"8"}}});
  const std::string saved = hll.save(hll.state_of(values({"1"})));
  EXPECT_EQ(exact.restore(saved), nullptr);
  EXPECT_EQ(coarse.restore(saved), nullptr);
  EXPECT_EQ(coarse.message(),
            "a saved state of agg.distinct cannot be used: it has precision = 14, the manifest now "
            "says 8; go back to the old one, or begin without this state");
  EXPECT_EQ(hll.restore(exact.save(exact.state_of(values({"1"})))), nullptr);
}

TEST(Quantile, OneOrSeveral) {
  const std::vector<std::string> numbers = {"5", "1", "3", "2", "4"};
  EXPECT_EQ(result("quantile", {{"q", {"0"}}}, numbers), "1");
  EXPECT_EQ(result("quantile", {{"q", {"1"}}}, numbers), "5");
  EXPECT_EQ(result("quantile", {{"q", {"1", "0"}}}, numbers), "[5,1]");
  const double median = std::stod(result("quantile", {{"q", {"0.5"}}}, numbers));
  EXPECT_NEAR(median, 3, 0.03);
}

TEST(Quantile, ABadQIsRefused) {
  EXPECT_EQ(AggregateHarness("quantile", {{"q", {"0.5", "99"}}}).error,
            "q = 99 is not a number from 0 to 1; 0.99 is the 99th percentile");
  EXPECT_NE(AggregateHarness("quantile", {{"q", {"nan"}}}).error, "");
  EXPECT_NE(AggregateHarness("quantile", {{"q", {}}}).error, "");
}

TEST(Pointers, ABadOneIsRefused) {
  EXPECT_EQ(AggregateHarness("sum", {{"of", {"price"}}}).error,
            "\"price\" is not a JSON Pointer: it begins with a slash, as \"/price\"");
}

TEST(TopK, OfNumbersOrByANumber) {
  EXPECT_EQ(result("top_k", {{"k", {"3"}}}, {"1", "9.50", "9", "1e1", "2", "10"}), "[10,10,9.5]");
  EXPECT_EQ(result("top_k", {{"k", {"2"}}, {"order", {"smallest"}}}, {"3", "-1", "2"}), "[-1,2]");
  const std::vector<std::string> sales = {R"({"id":"a","price":5})", R"({"id":"b","price":7.5})",
                                          R"({"id":"c","price":7.50})", R"({"id":"d","price":1})"};
  EXPECT_EQ(result("top_k", {{"k", {"3"}}, {"by", {"/price"}}, {"of", {"/id"}}}, sales),
            R"(["b","c","a"])");
  EXPECT_EQ(result("top_k", {{"k", {"1"}}, {"by", {"/price"}}}, sales),
            R"([{"id":"b","price":7.5}])");
  EXPECT_EQ(result("top_k", {{"k", {"2"}}},
                   {"9223372036854775807", "9223372036854775806", "9223372036854775805"}),
            "[9223372036854775807,9223372036854775806]");
}

TEST(TopK, ABadRecordIsNamed) {
  const Options by = {{"k", {"3"}}, {"by", {"/price"}}};
  const std::string good = R"({"price":1})";
  EXPECT_EQ(refusal("top_k", by, R"({"price":"1"})", good), "\"1\" at \"/price\" is not a number");
  EXPECT_EQ(refusal("top_k", by, R"({"price":1,"x":[1,]})", good), "the value is not valid JSON");
  EXPECT_NE(refusal("top_k", by, "{}", good), "");
  EXPECT_NE(refusal("top_k", {{"k", {"3"}}}, "x"), "");
}

TEST(TopK, AGreaterKThanAStateWasKeptWithIsRefused) {
  AggregateHarness two("top_k", {{"k", {"2"}}}), three("top_k", {{"k", {"3"}}});
  const std::string saved = two.save(two.state_of(values({"1", "2", "3"})));
  EXPECT_EQ(three.restore(saved), nullptr);
  EXPECT_NE(three.restore(two.save(two.state_of(values({"1"})))), nullptr)
      << "nothing was left out";
  AggregateHarness one("top_k", {{"k", {"1"}}});
  EXPECT_EQ(one.finish(one.restore(saved)), "[3]");
}

TEST(Frequent, CountsTheValuesThatComeMostOften) {
  EXPECT_EQ(result("frequent", {{"k", {"2"}}}, {"a", "b", "a", "c", "b", "a"}),
            R"([{"value":"a","count":3,"error":0},{"value":"b","count":2,"error":0}])");
  EXPECT_EQ(AggregateHarness("frequent", {{"k", {"5"}}, {"capacity", {"4"}}}).error,
            "capacity = 4 is less than k = 5; the more it is, the smaller the error");
}

TEST(Merging, LeavesWhatIsMergedAsItWasWhereThatIsPromised) {
  int promised = 0;
  for (const char* name : {"count", "sum", "min", "max", "mean", "stddev", "first", "last",
                           "collect", "distinct", "quantile", "top_k", "frequent"}) {
    AggregateHarness::Options options;
    if (std::string_view(name) == "quantile") options = {{"q", {"0.5"}}};
    if (std::string_view(name) == "top_k") options = {{"k", {"2"}}};
    if (std::string_view(name) == "frequent") options = {{"k", {"2"}}};
    AggregateHarness aggregate(name, options);
    ASSERT_EQ(aggregate.error, "") << name;
    if ((aggregate.table().flags & SH_AGGREGATE_MERGE_KEEPS) == 0) continue;
    ++promised;
    const auto into = aggregate.state_of(values({"5", "1"}));
    const auto empty = aggregate.state();
    const auto from = aggregate.state_of(values({"3", "7", "3"}));
    const std::string before = aggregate.save(from);
    ASSERT_EQ(aggregate.merge(into, from), SH_OK) << name;
    ASSERT_EQ(aggregate.merge(empty, from), SH_OK) << name;
    EXPECT_EQ(aggregate.save(from), before) << name;
    EXPECT_EQ(aggregate.finish(from), aggregate.finish(empty)) << name;
  }
  EXPECT_GE(promised, 11);
}

}  // namespace
}  // namespace streamhost::agg
