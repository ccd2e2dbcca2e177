#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "common/component_harness.h"

namespace streamhost::join {
namespace {

using plugin_common::ComponentHarness;
using plugin_common::TestOptions;
using plugin_common::TestRecord;

using Records = std::vector<TestRecord>;
using Options = std::map<std::string, std::string>;
constexpr auto kNone = std::nullopt;

// Before 10, after 20 microseconds.
std::unique_ptr<ComponentHarness> interval(const std::string& mode, const Options& clock = {},
                                           Options options = {{"before", "10"}, {"after", "20"}},
                                           bool event_time = true,
                                           std::vector<std::string> inputs = {"l", "r"}) {
  TestOptions more;
  more.inputs(std::move(inputs));
  if (!clock.empty()) {
    TestOptions& fields = more.table("clock");
    for (const auto& [name, value] : clock) fields[name] = {value};
  }
  options["mode"] = mode;
  return std::make_unique<ComponentHarness>("interval", options, more, event_time);
}

const Options kPerKey{{"kind", "event"}, {"per", "key"}, {"wait", "5"}};
const Options kSystem{{"kind", "system"}};

TEST(Interval, BothEndsOfTheIntervalBelongToIt) {
  const auto h = interval("inner");
  ASSERT_EQ(h->process({{"k", "1", 100}}, 0), SH_OK);
  ASSERT_EQ(h->process({{"k", "89", 89}, {"k", "90", 90}, {"k", "120", 120}, {"k", "121", 121}}, 1),
            SH_OK);
  EXPECT_EQ(h->out, (Records{{"k", R"({"l":1,"r":90})", 100}, {"k", R"({"l":1,"r":120})", 120}}));
  EXPECT_EQ(h->hashes, (std::vector<uint64_t>{77, 77}));
}

TEST(Interval, TheSecondInputMayComeFirst) {
  const auto h = interval("inner");
  ASSERT_EQ(h->process({{"k", "90", 90}, {"k", "x", 120}, {"j", "0", 100}}, 1), SH_OK);
  ASSERT_EQ(h->process({{"k", "1", 100}}, 0), SH_OK);
  EXPECT_EQ(h->out, (Records{{"k", R"({"l":1,"r":90})", 100}, {"k", R"({"l":1,"r":"x"})", 120}}));
}

TEST(Interval, ARecordIsKeptWhileSomethingMayMatchItAndNoLonger) {
  const auto h = interval("inner");
  ASSERT_EQ(h->process({{"k", "1", 100}}, 0), SH_OK);
  h->move_watermark(120);  // a record at 120 is not late
  EXPECT_EQ(h->state_count(), 1u);
  ASSERT_EQ(h->process({{"k", "2", 120}}, 1), SH_OK);
  EXPECT_EQ(h->out.size(), 1u);
  h->move_watermark(121);
  EXPECT_EQ(h->state_count(), 1u);  // the second, until 130 is over
  h->move_watermark(130);
  EXPECT_EQ(h->state_count(), 1u);
  h->move_watermark(131);
  EXPECT_EQ(h->state_count(), 0u);
  EXPECT_EQ(h->timer_count(), 0u);
  EXPECT_EQ(h->out.size(), 1u);
}

TEST(Interval, LeftPutsOutWhatNothingMatchedOnceNothingCan) {
  const auto h = interval("left");
  ASSERT_EQ(h->process({{"k", "1", 100}, {"k", "2", 200}}, 0), SH_OK);
  ASSERT_EQ(h->process({{"k", "3", 195}, {"k", "4", 300}}, 1), SH_OK);
  h->out.clear();
  h->move_watermark(120);
  EXPECT_EQ(h->out, Records{});
  h->move_watermark(121);
  EXPECT_EQ(h->out, (Records{{"k", R"({"l":1,"r":null})", 120}}));
  h->move_watermark(1000);
  EXPECT_EQ(h->out.size(), 1u);
  EXPECT_EQ(h->state_count(), 0u);
}

TEST(Interval, OuterPutsOutWhatIsAloneOnEitherSide) {
  const auto h = interval("outer");
  ASSERT_EQ(h->process({{"k", "1", 100}}, 0), SH_OK);
  ASSERT_EQ(h->process({{"k", "2", 300}, {"k", "3", 105}}, 1), SH_OK);
  h->move_watermark(311);
  EXPECT_EQ(h->out, (Records{{"k", R"({"l":1,"r":3})", 105}, {"k", R"({"l":null,"r":2})", 310}}));
}

TEST(Interval, WhatIsLeftIsPutOutAtTheEnd) {
  const auto h = interval("outer");
  ASSERT_EQ(h->process({{"k", "1", 100}}, 0), SH_OK);
  ASSERT_EQ(h->process({{"k", "2", 50}}, 1), SH_OK);
  ASSERT_EQ(h->end(), SH_OK);
  EXPECT_EQ(h->out, (Records{{"k", R"({"l":null,"r":2})", 60}, {"k", R"({"l":1,"r":null})", 120}}));
}

TEST(Interval, ALateRecordGoesToLateAsItCameAndNowhereElse) {
  const auto h = interval("outer");
  h->move_watermark(100);
  ASSERT_EQ(h->process({{"k", "late", 99, {{"h", "v"}}}, {"k", "equal", 100}, {"j", kNone, 1}}, 0),
            SH_OK);
  EXPECT_EQ(h->out, (Records{{"k", "late", 99, {{"h", "v"}}, 1}, {"j", kNone, 1, {}, 1}}));
  EXPECT_EQ(h->state_count(), 1u);
  h->out.clear();
  h->end();
  EXPECT_EQ(h->out, (Records{{"k", R"({"l":"equal","r":null})", 120}}));
}

TEST(Interval, ARecordWithoutEventTimeIsRejected) {
  const auto h = interval("inner");
  ASSERT_EQ(h->process({{"k", "1"}, {"k", "2", 5}}, 0), SH_OK);
  ASSERT_EQ(h->rejected.size(), 1u);
  EXPECT_NE(h->rejected[0].find("it has no event time"), std::string::npos);
  EXPECT_EQ(h->state_count(), 1u);
}

TEST(Interval, ARejectedRecordLeavesNoState) {
  const auto h = interval("inner");
  ASSERT_EQ(h->process({{"k", "1"}}, 0), SH_OK);
  EXPECT_EQ(h->state_count(), 0u);
}

TEST(Interval, ARecordWithoutValueIsNull) {
  const auto h = interval("inner");
  ASSERT_EQ(h->process({{"k", kNone, 5}}, 0), SH_OK);
  ASSERT_EQ(h->process({{"k", "", 5}}, 1), SH_OK);
  EXPECT_EQ(h->out, (Records{{"k", R"({"l":null,"r":""})", 5}}));
}

TEST(Interval, AKeyHasOneTimerWhichMovesOnlyWhenItWouldBeTooLate) {
  const auto h = interval("left");
  for (int64_t t = 100; t < 200; ++t) ASSERT_EQ(h->process({{"k", "1", t}}, 0), SH_OK);
  EXPECT_EQ(h->timers_set(), 1u);
  ASSERT_EQ(h->process({{"k", "1", 50}}, 0), SH_OK);
  EXPECT_EQ(h->timers_set(), 2u);
  EXPECT_EQ(h->timer_count(), 1u);
  h->move_watermark(71);
  EXPECT_EQ(h->out.size(), 1u);
  h->move_watermark(INT64_MAX);
  EXPECT_EQ(h->out.size(), 101u);
  EXPECT_EQ(h->state_count(), 0u);
}

TEST(Interval, AClockPerKeyGoesByItsKeyAndMovesOnWithTheWallClock) {
  const auto h = interval("left", kPerKey, {{"before", "10"}, {"after", "20"}}, false);
  ASSERT_EQ(h->error, "");
  ASSERT_EQ(h->process({{"k", "1", 100}, {"j", "2", 9000}, {"k", "3", 95}, {"k", "4", 94}}, 0),
            SH_OK);
  EXPECT_EQ(h->out, (Records{{"k", "4", 94, {}, 1}}));
  h->out.clear();
  h->pass_time(20);  // the watermark of k is 95 + 20: at 115 what is of 95 may still match
  EXPECT_EQ(h->out, Records{});
  h->pass_time(1);
  EXPECT_EQ(h->out, (Records{{"k", R"({"l":3,"r":null})", 115}}));
  h->pass_time(5);
  EXPECT_EQ(h->out.size(), 3u);
  EXPECT_EQ(h->state_count(), 0u);
}

TEST(Interval, AClockPerKeyStandsStillWhileTheJobDoes) {
  const auto h = interval("left", kPerKey);
  ASSERT_EQ(h->process({{"k", "1", 100}}, 0), SH_OK);
  const std::string saved = h->saved("k");
  const auto later = interval("left", kPerKey);
  later->pass_time(1'000'000);
  ASSERT_EQ(later->restore("k", saved), SH_OK);
  ASSERT_EQ(later->process({{"k", "2", 101}}, 1), SH_OK);
  EXPECT_EQ(later->out, (Records{{"k", R"({"l":1,"r":2})", 101}}));
}

TEST(Interval, TheSystemClockGoesByArrival) {
  const auto h = interval("left", kSystem, {{"before", "10"}, {"after", "20"}}, false);
  ASSERT_EQ(h->error, "");
  const int64_t begin = h->now_us();
  ASSERT_EQ(h->process({{"k", "1"}}, 0), SH_OK);
  h->pass_time(20);
  ASSERT_EQ(h->process({{"k", "2", 5}}, 1), SH_OK);
  h->pass_time(10);
  ASSERT_EQ(h->process({{"k", "3"}}, 0), SH_OK);
  EXPECT_EQ(h->out, (Records{{"k", R"({"l":1,"r":2})", begin + 20},
                             {"k", R"({"l":3,"r":2})", begin + 30}}));
  h->pass_time(-500);  // the wall clock was set back
  ASSERT_EQ(h->process({{"k", "4"}}, 1), SH_OK);
  EXPECT_EQ(h->out.back(), (TestRecord{"k", R"({"l":3,"r":4})", begin + 30}));
  h->pass_time(1000);
  EXPECT_EQ(h->state_count(), 0u);
}

TEST(Interval, TimesAtTheEndsOfTheRangeDoNoHarm) {
  for (const Options& clock : {Options{}, kPerKey}) {
    const auto h =
        interval("outer", clock,
                 {{"before", std::to_string(INT64_MAX)}, {"after", std::to_string(INT64_MAX)}});
    for (const int64_t t : {INT64_MAX, INT64_MIN + 1, int64_t{0}, INT64_MAX - 1}) {
      ASSERT_EQ(h->process({{"k", "1", t}}, 0), SH_OK);
      ASSERT_EQ(h->process({{"k", "2", t}}, 1), SH_OK);
    }
    ASSERT_EQ(h->move_watermark(INT64_MAX - 1), SH_OK);
    ASSERT_EQ(h->process({{"k", "1", INT64_MAX}}, 0), SH_OK);
    h->save_and_restore();
    ASSERT_EQ(h->move_watermark(INT64_MAX), SH_OK);
    ASSERT_EQ(h->end(), SH_OK);
  }
}

TEST(Interval, WithoutEventTimeItIsRefusedWithWhatToWrite) {
  const std::string error = interval("inner", {}, {{"after", "1"}}, false)->error;
  EXPECT_NE(error.find("say watermark = { wait = \"5s\" }"), std::string::npos) << error;
}

TEST(Interval, OptionsThatDoNotGoTogetherAreRefused) {
  const auto error = [](const Options& clock) { return interval("inner", clock)->error; };
  EXPECT_NE(error({{"wait", "5"}}).find("`wait` goes with per = \"key\""), std::string::npos);
  EXPECT_NE(error({{"kind", "system"}, {"per", "key"}}).find("leave `per` out"), std::string::npos);
  EXPECT_NE(error({{"kind", "system"}, {"wait", "5"}}).find("leave `wait` out"), std::string::npos);
  EXPECT_NE(interval("inner", {}, {})->error.find("say how far apart"), std::string::npos);
  EXPECT_NE(interval("inner", {}, {{"after", "1"}}, true, {""})->error.find("say from = {"),
            std::string::npos);
  EXPECT_NE(
      interval("inner", {}, {{"after", "1"}}, true, {"a", "b", "c"})->error.find("`from` names 3"),
      std::string::npos);
}

TEST(Interval, StateOfOtherOptionsIsRefusedAndSaysWhich) {
  const auto h = interval("inner");
  h->process({{"k", "1", 5}}, 0);
  const std::string saved = h->saved("k");
  const auto refusal = [&](ComponentHarness& other) {
    EXPECT_EQ(other.restore("k", saved), SH_E_STATE);
    return other.message();
  };
  EXPECT_NE(refusal(*interval("inner", {}, {{"before", "10"}, {"after", "1000000"}}))
                .find("saved with after = \"20us\", and the manifest now says after = \"1s\""),
            std::string::npos);
  EXPECT_NE(refusal(*interval("inner", kSystem)).find("now says clock = { kind = \"system\" }"),
            std::string::npos);
  EXPECT_NE(refusal(*interval("inner", {}, {{"before", "10"}, {"after", "20"}}, true, {"r", "l"}))
                .find("in another order, than r, l"),
            std::string::npos);
  EXPECT_EQ(interval("outer")->restore("k", saved), SH_OK);  // another mode goes on with it
}

TEST(Interval, DamagedStatesAreRefusedOrHarmless) {
  for (const Options& clock : {Options{}, kPerKey}) {
    const auto h = interval("outer", clock);
    h->process({{"k", "{\"a\":[1,2,3]}", 5}, {"k", "2", 9}}, 0);
    h->process({{"k", "3", 7}}, 1);
    const std::string saved = h->saved("k");
    for (size_t size = 0; size < saved.size(); ++size) {
      EXPECT_EQ(h->restore("x", saved.substr(0, size)), SH_E_STATE) << size;
    }
    std::mt19937 random(11);
    for (int i = 0; i < 3'000; ++i) {
      std::string bad = saved;
      for (int n = 0; n < 2; ++n) bad[random() % bad.size()] = static_cast<char>(random());
      const auto other = interval("outer", clock);
      if (other->restore("x", bad) < 0) continue;
      other->process({{"x", "1", 6}}, 1);
      other->end();
    }
  }
}

// All modes and clocks against lists of records, with saving and restoring in between. What is put
// out for one key is compared in its order.
class Model {
 public:
  Model(std::string mode, int clock) : mode_(std::move(mode)), clock_(clock) {}

  void record(const std::string& key, uint32_t side, const std::string& value, int64_t time) {
    Key& k = keys_[key];
    if (clock_ == 2) time = now;
    if (clock_ != 2 && time < mark(k)) {
      expected[key].push_back({key, value, time, {}, 1});
      return;
    }
    if (clock_ == 1 && time - 5 > mark(k)) {
      k.base = time - 5;
      k.seen = now;
    }
    expire(key, k);
    Held added{time, side, value, false};
    std::vector<Held*> matches;
    for (Held& other : k.held) {
      if (other.side == side) continue;
      const int64_t left = side == 0 ? time : other.time, right = side == 0 ? other.time : time;
      if (left - 10 <= right && right <= left + 20) matches.push_back(&other);
    }
    std::stable_sort(matches.begin(), matches.end(),
                     [](const Held* a, const Held* b) { return a->time < b->time; });
    for (Held* other : matches) {
      other->matched = added.matched = true;
      row(key, side == 0 ? value : other->value, side == 0 ? other->value : value,
          std::max(time, other->time));
    }
    k.held.push_back(added);
  }
  // After a batch, or when time has passed.
  void settle() {
    for (auto it = keys_.begin(); it != keys_.end();) {
      expire(it->first, it->second);
      it = it->second.held.empty() ? keys_.erase(it) : std::next(it);
    }
  }
  size_t keys() const { return keys_.size(); }

  int64_t now = 0, watermark = SH_NO_TIME;
  std::map<std::string, Records> expected;

 private:
  struct Held {
    int64_t time;
    uint32_t side;
    std::string value;
    bool matched;
  };
  struct Key {
    std::vector<Held> held;
    int64_t base = SH_NO_TIME, seen = 0;
  };
  int64_t mark(const Key& key) const {
    if (clock_ == 0 || watermark == INT64_MAX) return watermark;
    if (clock_ == 2) return now;
    return key.base == SH_NO_TIME ? SH_NO_TIME : key.base + now - key.seen;
  }
  void expire(const std::string& name, Key& key) {
    const auto expiry = [](const Held& h) { return h.time + (h.side == 0 ? 21 : 11); };
    for (;;) {
      const auto first =
          std::min_element(key.held.begin(), key.held.end(), [&](const Held& a, const Held& b) {
            return std::pair(expiry(a), a.side) < std::pair(expiry(b), b.side);
          });
      if (first == key.held.end() || expiry(*first) > mark(key)) return;
      if (!first->matched && (mode_ == "outer" || (mode_ == "left" && first->side == 0))) {
        row(name, first->side == 0 ? first->value : "null",
            first->side == 0 ? "null" : first->value, expiry(*first) - 1);
      }
      key.held.erase(first);
    }
  }
  void row(const std::string& key, const std::string& left, const std::string& right,
           int64_t time) {
    expected[key].push_back({key, "{\"l\":" + left + ",\"r\":" + right + "}", time});
  }

  std::string mode_;
  int clock_;
  std::map<std::string, Key> keys_;
};

// In the order of each key; what is late comes after the other results of a batch, so apart.
std::map<std::string, Records> by_key(const Records& records) {
  std::map<std::string, Records> result;
  for (const TestRecord& r : records) {
    result[*r.key + (r.port == 0 ? "" : " late")].push_back(r);
  }
  return result;
}

TEST(Interval, AgreesWithASlowModel) {
  std::mt19937 random(5);
  const auto under = [&](int64_t n) { return static_cast<int64_t>(random()) % n; };
  for (int round = 0; round < 180; ++round) {
    const std::string mode = std::vector<std::string>{"inner", "left", "outer"}[round % 3];
    const int clock = round / 3 % 3;
    const auto h = interval(mode, std::vector<Options>{{}, kPerKey, kSystem}[clock]);
    Model model(mode, clock);
    model.now = h->now_us();
    int64_t time = -50;
    for (int step = 0; step < 80; ++step) {
      const auto side = static_cast<uint32_t>(random() % 2);
      Records batch;
      for (int64_t i = under(4); i >= 0; --i) {
        time += under(9);
        const std::string key(1, static_cast<char>('a' + random() % 3));
        batch.push_back({key, std::to_string(step * 10 + i), time - under(25)});
        model.record(key, side, *batch.back().value, batch.back().event_time_us);
      }
      ASSERT_EQ(h->process(batch, side), SH_OK);
      model.settle();
      if (under(4) == 0) {
        const int64_t passed = under(30);
        model.now += passed;
        if (clock == 0) model.watermark = std::max(model.watermark, time - under(25));
        model.settle();
        h->pass_time(passed);
        if (clock == 0) h->move_watermark(model.watermark);
      }
      if (under(4) == 0) h->save_and_restore();
      ASSERT_EQ(h->state_count(), model.keys()) << mode << clock;
      ASSERT_EQ(h->timer_count(), model.keys());
    }
    model.watermark = INT64_MAX;
    model.settle();
    h->end();
    Records expected;
    for (const auto& [key, records] : model.expected) {
      expected.insert(expected.end(), records.begin(), records.end());
    }
    if (clock == 2) {
      for (TestRecord& r : h->out) EXPECT_EQ(r.port, 0u);
    }
    ASSERT_EQ(by_key(h->out), by_key(expected)) << mode << " " << clock << " round " << round;
  }
}

}  // namespace
}  // namespace streamhost::join
