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

TEST(Fold, WithoutMergeCannotMerge) {
  Aggregated<Fold> f(Options{{"init", "0"}, {"add", "state + 1"}});
  EXPECT_EQ(f.add({{"a", "1"}, {"b", "1"}}), "");
  EXPECT_THROW(f.merge("a", "b"), Error);
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

TEST(Reduce, OfText) {
  Aggregated<Reduce> r(Options{{"code", "return function(state, value) return state .. value end"},
                               {"codec", "text"}});
  EXPECT_EQ(r.add({{"a", "x"}, {"a", "y"}, {"a", "z"}}), "");
  EXPECT_EQ(r.finish("a"), "\"xyz\"");
}

}  // namespace
}  // namespace streamhost::lua
