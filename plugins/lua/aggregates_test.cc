#include "aggregates.h"

#include <gtest/gtest.h>

#include <deque>

#include "common/test_host.h"

namespace streamhost::lua {
namespace {

using plugin_common::TestHost;
using Options = std::map<std::string, std::string>;

// An aggregate as the host uses it, with states by name.
template <class T>
class Aggregated {
 public:
  explicit Aggregated(Options options) {
    options.try_emplace("memory_limit", std::to_string(64 << 20));
    options.try_emplace("instruction_limit", "1000000");
    for (const auto& [name, value] : options) host_.options[name] = {value};
    try {
      aggregate_.emplace(host_.context(), host_.config());
    } catch (const Error& e) {
      error = e.what();
    }
  }
  // Empty, or the message and the index of the bad record.
  std::string add(const std::vector<std::pair<std::string, std::string>>& records) {
    std::vector<sh_record> raw;
    std::vector<void*> states;
    for (const auto& [key, value] : records) {
      sh_record r{};
      r.key = to_bytes(key).ptr;
      r.key_len = static_cast<uint32_t>(key.size());
      r.value = to_bytes(value).ptr;
      r.value_len = static_cast<uint32_t>(value.size());
      r.event_time_us = SH_NO_TIME;
      raw.push_back(r);
      states.push_back(&states_[key]);
    }
    uint32_t bad = 0;
    try {
      aggregate_->add(states.data(), raw.data(), static_cast<uint32_t>(raw.size()), &bad);
    } catch (const Error& e) {
      return std::to_string(bad) + ": " + e.what();
    }
    return "";
  }
  std::string finish(const std::string& key) {
    host_.written.clear();
    Writer writer = host_.writer();
    aggregate_->finish(states_[key], writer);
    return host_.written;
  }
  // Restores what another one saves of a key, which that one forgets.
  void take_from(Aggregated& other, const std::string& key) {
    other.host_.written.clear();
    Writer writer = other.host_.writer();
    other.aggregate_->save(other.states_[key], writer);
    other.states_.erase(key);
    states_.emplace(key, aggregate_->restore(other.host_.written, 1));
  }
  void merge(const std::string& into, const std::string& from) {
    aggregate_->merge(states_[into], states_[from]);
    states_.erase(from);
  }
  void save_and_restore(const std::string& key) {
    host_.written.clear();
    Writer writer = host_.writer();
    aggregate_->save(states_[key], writer);
    states_.erase(key);
    states_.emplace(key, aggregate_->restore(host_.written, 1));
  }
  std::string error;

 private:
  TestHost host_;
  std::optional<T> aggregate_;
  std::map<std::string, Slot> states_;
};

TEST(Fold, OfExpressions) {
  Aggregated<Fold> f(Options{{"init", "{n = 0, sum = 0}"},
                             {"add", "{n = state.n + 1, sum = state.sum + value.v}"},
                             {"merge", "{n = state.n + other.n, sum = state.sum + other.sum}"},
                             {"finish", "state.n > 0 and state.sum / state.n or null"}});
  ASSERT_EQ(f.error, "");
  EXPECT_EQ(f.add({{"a", "{\"v\":1}"}, {"b", "{\"v\":5}"}, {"a", "{\"v\":2}"}}), "");
  EXPECT_EQ(f.finish("a"), "1.5");
  f.save_and_restore("a");
  EXPECT_EQ(f.add({{"a", "{\"v\":6}"}}), "");
  EXPECT_EQ(f.finish("a"), "3");
  f.merge("a", "b");
  EXPECT_EQ(f.finish("a"), "3.5");
  EXPECT_EQ(f.finish("a"), "3.5");
  EXPECT_EQ(f.finish("never seen"), "null");
  f.save_and_restore("empty");
  f.merge("empty", "a");
  EXPECT_EQ(f.finish("empty"), "3.5");
}

TEST(Fold, OfCode) {
  Aggregated<Fold> f(Options{{"code",
                              "return {init = function() return {} end,\n"
                              "add = function(state, key, value)\n  state[#state + 1] = value\n"
                              "  return state\nend}"}});
  ASSERT_EQ(f.error, "");
  EXPECT_EQ(f.add({{"a", "{\"v\":1}"}, {"a", "[2]"}, {"b", "3"}}), "");
  EXPECT_EQ(f.add({{"a", "null"}}), "");
  EXPECT_EQ(f.finish("a"), "[{\"v\":1},[2],null]");
  EXPECT_EQ(f.finish("b"), "[3]");
}

TEST(Fold, WithoutMergeCannotMergeNotEvenEmptyStates) {
  Aggregated<Fold> f(Options{{"init", "0"}, {"add", "state + 1"}});
  const auto refusal = [&](const std::string& into, const std::string& from) -> std::string {
    try {
      f.merge(into, from);
    } catch (const Error& e) {
      EXPECT_EQ(e.status(), SH_E_CONFIG);
      return e.what();
    }
    return "";
  };
  const std::string what =
      "states have to be merged here, as in session windows, and the fold has no \"merge\": write "
      "one, such as merge = \"state + other\", or in code or a script function(state, other), that "
      "returns one state of two";
  EXPECT_EQ(refusal("x", "y"), what);
  EXPECT_EQ(f.add({{"a", "1"}, {"b", "1"}}), "");
  EXPECT_EQ(refusal("a", "b"), what);
}

TEST(Fold, MergingEmptyStatesCallsNoCode) {
  for (const Options& options :
       {Options{{"init", "nil"}, {"add", "state"}, {"merge", "error('called')"}},
        Options{{"code",
                 "return {init = function() error('init') end, add = function(s) return s end, "
                 "merge = function(a, b) return a.n + b.n end}"}}}) {
    Aggregated<Fold> f(options);
    ASSERT_EQ(f.error, "");
    EXPECT_NO_THROW(f.merge("a", "b"));
  }
}

TEST(Fold, SaysThatItsOptionsDecideWhetherItMerges) {
  // Made by functions that keep their tables in static memory, as the plugin does.
  EXPECT_EQ(fold_component().raw().aggregate->flags, uint32_t{SH_AGGREGATE_MERGE_BY_OPTIONS});
  EXPECT_EQ(reduce_component().raw().aggregate->flags, 0u);
}

TEST(Fold, NamesTheBadRecord) {
  Aggregated<Fold> f(Options{{"init", "0"}, {"add", "state + value.v"}});
  EXPECT_EQ(f.add({{"a", "{\"v\":1}"}, {"a", "{}"}, {"a", "{\"v\":2}"}}),
            "1: add:1: attempt to perform arithmetic on field 'v' (a nil value)");
  EXPECT_EQ(f.finish("a"), "1");
  Aggregated<Fold> g(
      Options{{"code",
               "return {init = function() return {} end, add = function(state) state.x = "
               "1 end}"}});
  EXPECT_EQ(g.add({{"a", "1"}}), "0: code: the new state must not be nil");
}

TEST(Fold, MistakesAreFoundWhenItIsMade) {
  const auto error = [](Options options) { return Aggregated<Fold>(std::move(options)).error; };
  EXPECT_EQ(error({{"init", "0"}}),
            "give init and add, or code or a script that returns such functions");
  EXPECT_EQ(error({{"init", "0"}, {"add", "state +"}}), "add:1: unexpected symbol near '<eof>'");
  EXPECT_EQ(error({{"init", "0"}, {"code", "return {}"}}),
            "give either expressions (init, add, merge, finish) or code or a script");
  EXPECT_EQ(error({{"code", "return {}"}}), "code: \"add\" must be a function, not nil");
  EXPECT_EQ(
      error({{"code", "return 1"}}),
      "code: it must return a table of the functions init, add, merge and finish, not a number");
}

// What is said of a record that is 1 when the fold gets out of hand with it.
std::string problem_of(const std::string& body) {
  Aggregated<Fold> f(Options{{"code",
                              "return {init = function() return 0 end,\n"
                              "add = function(state, key, value)\nif value == 1 then " +
                                  body + " end\nreturn state + value end}"}});
  EXPECT_EQ(f.error, "");
  std::string problem = f.add({{"a", "2"}, {"a", "1"}, {"a", "5"}});
  EXPECT_EQ(f.add({{"a", "3"}}), "");
  EXPECT_EQ(f.finish("a"), "5");
  return problem;
}

TEST(Fold, HostileScriptsAreErrorsOfOneRecord) {
  EXPECT_EQ(
      problem_of("while true do end"),
      "1: code:3: the script does not come to an end: more than 1000000 loop rounds and calls "
      "for one record (instruction_limit)");
  EXPECT_EQ(problem_of("local function f() return 1 + f() end f()"), "1: code:3: stack overflow");
  for (const char* body : {"return ('x'):rep(1e9)", "local t = {} while true do t[#t + 1] = {} end",
                           "local s = 'x' while true do s = s .. s end"}) {
    const std::string problem = problem_of(body);
    EXPECT_TRUE(problem.starts_with("1: code:")) << problem;
    EXPECT_TRUE(problem.ends_with("than the 64 MiB it may use (memory_limit)") ||
                problem.ends_with("for one record (instruction_limit)"))
        << problem;
  }
}

TEST(Fold, HostileMergeAndFinishAreErrors) {
  const auto problem = [](const std::string& merge, const std::string& finish) -> std::string {
    Aggregated<Fold> f(
        Options{{"init", "0"}, {"add", "state + value"}, {"merge", merge}, {"finish", finish}});
    EXPECT_EQ(f.error, "");
    EXPECT_EQ(f.add({{"a", "1"}, {"b", "2"}}), "");
    try {
      f.merge("a", "b");
      f.finish("a");
    } catch (const Error& e) {
      EXPECT_EQ(e.status(), SH_E_DATA);
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(problem("state + other", "state"), "");
  const std::string runaway =
      "the script does not come to an end: more than 1000000 loop rounds and calls for one record "
      "(instruction_limit)";
  const std::string forever = "(function() while true do end end)()";
  EXPECT_EQ(problem(forever, "state"), "merge:1: " + runaway);
  EXPECT_EQ(problem("state + other", forever), "finish:1: " + runaway);
  EXPECT_EQ(problem("state + other", "print"), "the result: a function cannot be written as JSON");
  EXPECT_EQ(problem("state.x.y", "state"),
            "merge:1: attempt to index local 'state' (a number value)");
  EXPECT_TRUE(problem("('x'):rep(1e9)", "state").ends_with("may use (memory_limit)"));
  EXPECT_TRUE(problem("state + other", "{[{}] = 1}").find("a table as key") != std::string::npos);
}

TEST(Fold, RubbishOfResultsIsCollectedInTime) {
  const Options options{{"init", "{}"},
                        {"add", "{text = ('x'):rep(9e5) .. key}"},
                        {"finish", "#(state.text .. math.random())"}};
  Aggregated<Fold> one(options), other(options);
  ASSERT_EQ(one.error, "");
  std::vector<std::string> keys;
  for (int i = 0; i < 45; ++i) keys.push_back(std::to_string(i));
  for (const std::string& key : keys) {
    ASSERT_EQ(one.add({{key, "1"}}), "");
    other.take_from(one, key);
  }
  // States that were restored, and no batch before the end.
  for (const std::string& key : keys) EXPECT_EQ(other.finish(key).substr(0, 2), "90");
}

TEST(Reduce, CombinesValues) {
  Aggregated<Reduce> r(Options{{"expr", "state.v > value.v and state or value"}});
  ASSERT_EQ(r.error, "");
  EXPECT_EQ(r.add({{"a", "{\"v\":1}"}, {"a", "{\"v\":7}"}, {"b", "{\"v\":9}"}}), "");
  EXPECT_EQ(r.add({{"a", "{\"v\":3}"}}), "");
  EXPECT_EQ(r.finish("a"), "{\"v\":7}");
  r.save_and_restore("a");
  r.merge("a", "b");
  EXPECT_EQ(r.finish("a"), "{\"v\":9}");
  EXPECT_EQ(r.finish("nothing"), "null");
}

TEST(Reduce, BeginsWithTheFirstValueWhateverTheFunctionLooksAt) {
  for (const Options& options :
       {Options{{"expr", "state"}}, Options{{"code", "return function(state) return state end"}}}) {
    Aggregated<Reduce> r(options);
    ASSERT_EQ(r.error, "");
    EXPECT_EQ(r.add({{"a", "{\"v\": 1.0}"}, {"a", "2"}, {"b", "7.0"}, {"b", "2"}}), "");
    EXPECT_EQ(r.finish("a"), "{\"v\": 1.0}") << "an object keeps its text";
    EXPECT_EQ(r.finish("b"), "7") << "a number is one of Lua";
  }
}

TEST(Reduce, OfText) {
  Aggregated<Reduce> r(Options{{"code", "return function(state, value) return state .. value end"},
                               {"codec", "text"}});
  EXPECT_EQ(r.add({{"a", "x"}, {"a", "y"}, {"a", "z"}}), "");
  EXPECT_EQ(r.finish("a"), "\"xyz\"");
}

}  // namespace
}  // namespace streamhost::lua
