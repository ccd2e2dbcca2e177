#include "test_support.h"

namespace streamhost::lua {
namespace {

std::string values_of(const ComponentHarness& h) {
  std::string all;
  for (const TestRecord& r : h.out) {
    all += (all.empty() ? "" : " ") + r.key.value_or("-") + "=" + r.value.value_or("(absent)");
  }
  return all;
}

TEST(StatefulMap, KeepsAStatePerKey) {
  ComponentHarness h("stateful_map", with_limits({{"code",
                                                   "return function(state, key, value)\n"
                                                   "  state = state or {n = 0, sum = 0}\n"
                                                   "  state.n = state.n + 1\n"
                                                   "  state.sum = state.sum + value.v\n"
                                                   "  return state, state.sum / state.n\nend"}}));
  ASSERT_EQ(h.error, "");
  ASSERT_EQ(h.process({{"a", "{\"v\":1}"}, {"b", "{\"v\":10}"}, {"a", "{\"v\":2}"}}), SH_OK);
  h.save_and_restore();
  ASSERT_EQ(h.process({{"a", "{\"v\":6}"}, {"b", "{\"v\":20}"}}), SH_OK);
  EXPECT_EQ(values_of(h), "a=1 b=10 a=1.5 a=3 b=15");
}

TEST(StatefulMap, OneExpressionIsStateAndResult) {
  ComponentHarness h("stateful_map", with_limits({{"expr", "math.max(state or 0, value)"}}));
  ASSERT_EQ(h.error, "");
  ASSERT_EQ(h.process({{"a", "3"}, {"a", "1"}, {"a", "5"}}), SH_OK);
  EXPECT_EQ(values_of(h), "a=3 a=3 a=5");
  ComponentHarness g("stateful_map", with_limits({{"expr", "value, value - (state or value)"}}));
  ASSERT_EQ(g.process({{"a", "3"}, {"a", "1"}, {"a", "5"}}), SH_OK);
  EXPECT_EQ(values_of(g), "a=0 a=-2 a=4");
}

TEST(StatefulMap, NilForgetsTheKey) {
  ComponentHarness h(
      "stateful_map",
      with_limits({{"code",
                    "return function(state, key, value) if value == 0 then return nil, "
                    "'bye' end return (state or 0) + value end"}}));
  ASSERT_EQ(h.process({{"a", "1"}, {"b", "2"}, {"a", "0"}, {"c", "0"}}), SH_OK);
  EXPECT_EQ(values_of(h), "a=\"bye\" c=\"bye\"");
  EXPECT_EQ(h.state_count(), 1u);
  // Forgotten and met again in one batch: the new state stays.
  ASSERT_EQ(h.process({{"b", "0"}, {"b", "7"}}), SH_OK);
  EXPECT_EQ(h.state_count(), 1u);
}

TEST(StatefulMap, PlacesOfStatesAreUsedAgain) {
  ComponentHarness h("stateful_map", with_limits({{"expr", "not state and {} or nil"}}));
  for (int round = 0; round < 300; ++round) {
    Records records;
    for (int k = 0; k < 100; ++k) records.push_back({std::to_string(round * 50 + k / 2), "1"});
    ASSERT_EQ(h.process(records), SH_OK);
    ASSERT_EQ(h.state_count(), 0u);
  }
}

TEST(StatefulMap, JsonMayBeKept) {
  ComponentHarness h(
      "stateful_map",
      with_limits({{"code",
                    "return function(state, key, value) local out = state and "
                    "{state.id, state.in_ and state.in_.x} return value, out end"}}));
  ASSERT_EQ(h.process({{"a", "{\"id\":1,\"in_\":{\"x\":5}}"}, {"a", "{\"id\":2}"}}), SH_OK);
  ASSERT_EQ(h.process({{"a", "{\"id\":3,\"in_\":{\"x\":\"\\n\"}}"}}), SH_OK);
  h.save_and_restore();
  ASSERT_EQ(h.process({{"a", "4"}}), SH_OK);
  EXPECT_TRUE(h.rejected.empty()) << h.rejected[0];
  EXPECT_EQ(values_of(h), "a=[1,5] a=[2] a=[3,\"\\n\"]");
}

TEST(StatefulMap, PartsOfJsonMayBeKept) {
  ComponentHarness h("stateful_map",
                     with_limits({{"expr", "{inner = value.a, list = value.l}, state"}}));
  ASSERT_EQ(h.error, "");
  ASSERT_EQ(h.process({{"a", R"({"a":{"b":{"c":1}},"l":[1,{"d":2}]})"}, {"a", "{}"}}), SH_OK);
  ASSERT_EQ(h.process({{"a", R"({"a":{"b":{"c":3}},"l":[{"d":{"e":4}}]})"}}), SH_OK);
  h.save_and_restore();
  ASSERT_EQ(h.process({{"a", "{}"}}), SH_OK);
  EXPECT_TRUE(h.rejected.empty()) << h.rejected[0];
  EXPECT_EQ(
      values_of(h),
      R"(a={"inner":{"b":{"c":1}},"list":[1,{"d":2}]} a={} a={"inner":{"b":{"c":3}},"list":[{"d":{"e":4}}]})");
}

TEST(StatefulMap, AnErrorLeavesTheStateAsItWas) {
  ComponentHarness h("stateful_map", with_limits({{"expr", "(state or 0) + value.n"}}));
  ASSERT_EQ(h.process({{"a", "{\"n\":1}"}, {"a", "{}"}, {"a", "{\"n\":2}"}}), SH_OK);
  EXPECT_EQ(values_of(h), "a=1 a=3");
  EXPECT_EQ(h.rejected.size(), 1u);
}

TEST(StatefulMap, AKeyWithNothingButErrorsLeavesNoState) {
  ComponentHarness h("stateful_map", with_limits({{"expr", "(state or 0) + value.n"}}));
  ASSERT_EQ(h.process({{"a", "{}"}, {"b", "{}"}, {"b", "{\"n\":2}"}}), SH_OK);
  EXPECT_EQ(h.rejected.size(), 2u);
  EXPECT_EQ(h.state_count(), 1u);
}

// What is said of a record that is 1 when the script gets out of hand with it; the key's state, and
// the records around it, are not affected.
std::string problem_of(const std::string& component, const std::string& body) {
  ComponentHarness h(
      component,
      with_limits({{"code", "return function(state, key, value)\nif value == 1 then\n" + body +
                                "\nend\nreturn (state or 0) + value, {state}\nend"}}));
  EXPECT_EQ(h.error, "");
  EXPECT_EQ(h.process({{"k", "2"}, {"k", "1"}, {"k", "3"}, {"k", "0"}}), SH_OK);
  EXPECT_EQ(h.out.empty() ? "nothing" : h.out.back().value,
            component == "stateful_map" ? "[5]" : "5");
  EXPECT_EQ(h.rejected.size(), 1u);
  return h.rejected.empty() ? "" : h.rejected[0];
}

TEST(HostileStates, AreErrorsOfOneRecord) {
  const std::string memory =
      "code:3: the script needs more memory than the 64 MiB it may use (memory_limit)";
  for (const char* component : {"stateful_map", "stateful_flat_map"}) {
    EXPECT_EQ(problem_of(component, "while true do end"),
              "code:3: the script does not come to an end: more than 1000000 loop rounds and calls "
              "for one record (instruction_limit)");
    EXPECT_EQ(problem_of(component, "local function f() return 1 + f() end return f()"),
              "code:3: stack overflow");
    const std::string huge = problem_of(component, "return string.rep('x', 1e9)");
    EXPECT_TRUE(huge.ends_with("than the 64 MiB it may use (memory_limit)")) << huge;
    EXPECT_EQ(
        problem_of(component, "local t = {} while true do t[#t + 1] = ('x'):rep(99999) .. #t end"),
        memory);
    EXPECT_EQ(problem_of(component, "return state, {[{}] = 1}"),
              component == std::string("stateful_map")
                  ? "code: the result: a table has a table as key, where JSON needs strings"
                  : "code: the output must be an array of values, not a table with other keys");
  }
}

TEST(HostileStates, OneThatGrowsWithoutEndMeetsTheLimit) {
  ComponentHarness h("stateful_map",
                     with_limits({{"code",
                                   "return function(state, key, value)\n  state = state or {}\n"
                                   "  state[#state + 1] = ('x'):rep(1000) .. #state\n"
                                   "  return state, #state\nend"}}));
  for (int i = 0; i < 100 && h.rejected.empty(); ++i) {
    ASSERT_EQ(h.process(Records(1000, TestRecord{"k", "1"})), SH_OK);
  }
  ASSERT_FALSE(h.rejected.empty());
  EXPECT_TRUE(h.rejected[0].starts_with("code:")) << h.rejected[0];
  EXPECT_TRUE(h.rejected[0].ends_with(
      "the script needs more memory than the 64 MiB it may use (memory_limit)"))
      << h.rejected[0];
  EXPECT_GT(h.out.size(), 20'000u);
}

TEST(HostileStates, CanBeSavedWhenTheLimitIsReached) {
  ComponentHarness h("stateful_map", with_limits({{"expr", "{{key}, {value}, {{key .. 1}}}, nil"},
                                                  {"memory_limit", std::to_string(4 << 20)}}));
  ASSERT_EQ(h.error, "");
  std::vector<std::string> keys;
  for (int i = 0; i < 100'000 && h.rejected.size() < 200; ++i) {
    keys.push_back(std::to_string(i));
    ASSERT_EQ(h.process({{keys.back(), "1"}}), SH_OK);
  }
  ASSERT_FALSE(h.rejected.empty());
  for (size_t i = 0; i < 1000; ++i) EXPECT_GT(h.saved(keys[i]).size(), 10u);
}

TEST(StatefulFlatMap, PutsOutAnyNumber) {
  ComponentHarness h(
      "stateful_flat_map",
      with_limits({{"code",
                    "return function(state, key, value)\n  state = state or {}\n"
                    "  state[#state + 1] = value\n"
                    "  if #state == 3 then return nil, state end\n  return state\nend"}}));
  ASSERT_EQ(h.process({{"a", "1"}, {"a", "2"}}), SH_OK);
  h.save_and_restore();
  ASSERT_EQ(h.process({{"a", "\"x\""}, {"b", "{\"q\":1}"}}), SH_OK);
  EXPECT_EQ(values_of(h), "a=1 a=2 a=\"x\"");
  EXPECT_EQ(h.state_count(), 1u);
}

}  // namespace
}  // namespace streamhost::lua
