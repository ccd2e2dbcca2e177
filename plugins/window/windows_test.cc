// The edges of windows: what is in, what is out, what is late, and what is left afterwards.
#include <gtest/gtest.h>

#include "time_text.h"
#include "window_harness.h"

namespace streamhost::window {
namespace {

using Strings = std::vector<std::string>;

constexpr int64_t kSecond = 1'000'000;

// A result as `out` has it; seconds since the epoch, within the first minute.
std::string result(int64_t id, int64_t open, int64_t close, const std::string& value) {
  std::string text = "{\"window_id\":" + std::to_string(id) + ",\"open\":\"";
  TimeText().append(text, open);
  text += "\",\"close\":\"";
  TimeText().append(text, close);
  return text + "\",\"value\":" + value + "}";
}

TEST(Windows, SayWhenTheyAreAsRfc3339) {
  WindowHarness windows("count", Options::tumbling(60 * kSecond));
  windows.take("a", 1714557600 * kSecond);
  windows.finish();
  ASSERT_EQ(windows.out.size(), 2u);
  EXPECT_EQ(windows.out[0],
            (TestRecord{"a",
                        "{\"window_id\":28575960,\"open\":\"2024-05-01T10:00:00Z\",\"close\":"
                        "\"2024-05-01T10:01:00Z\",\"value\":1}",
                        1714557660 * kSecond - 1}));
  EXPECT_EQ(windows.out[1],
            (TestRecord{"a",
                        "{\"window_id\":28575960,\"open\":\"2024-05-01T10:00:00Z\",\"close\":"
                        "\"2024-05-01T10:01:00Z\",\"merged_ids\":[]}",
                        1714557660 * kSecond - 1,
                        {},
                        kMetaPort}));
}

TEST(Windows, TimesOfOtherYearsHaveASign) {
  const auto text = [](int64_t us) {
    std::string to;
    TimeText().append(to, us);
    return to;
  };
  EXPECT_EQ(text(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(text(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(text(253402300799 * kSecond), "9999-12-31T23:59:59Z");
  EXPECT_EQ(text(253402300800 * kSecond), "+010000-01-01T00:00:00Z");
  EXPECT_EQ(text(-62167219200 * kSecond), "0000-01-01T00:00:00Z");
  EXPECT_EQ(text(-62167219200 * kSecond - 1), "-000001-12-31T23:59:59.999999Z");
  EXPECT_EQ(text(951782400 * kSecond), "2000-02-29T00:00:00Z");
}

TEST(TumblingWindows, AreOpenInclusiveAndCloseExclusive) {
  WindowHarness windows("collect", Options::tumbling(10));
  windows.process({{"a", "1", 0}, {"a", "2", 9}, {"a", "3", 10}, {"a", "4", -1}});
  windows.finish();
  EXPECT_EQ(windows.results(), (Strings{result(-1, -10, 0, "[4]"), result(0, 0, 10, "[1,2]"),
                                        result(1, 10, 20, "[3]")}));
}

TEST(TumblingWindows, AreCountedFromAlignTo) {
  WindowHarness windows("count", Options::tumbling(10).align(3));
  windows.process({{"a", "1", 2}, {"a", "2", 3}, {"a", "3", 12}, {"a", "4", 13}});
  windows.finish();
  EXPECT_EQ(windows.results(),
            (Strings{result(-1, -7, 3, "1"), result(0, 3, 13, "2"), result(1, 13, 23, "1")}));
}

TEST(TumblingWindows, CloseWhenTheWatermarkComesToTheirEnd) {
  WindowHarness windows("count", Options::tumbling(10));
  windows.take("a", 5);
  windows.move_watermark(9);
  EXPECT_EQ(windows.results(), Strings());
  windows.move_watermark(10);
  EXPECT_EQ(windows.results(), Strings{result(0, 0, 10, "1")});
  EXPECT_EQ(windows.state_count(), 0u);
  EXPECT_EQ(windows.timer_count(), 0u);
}

TEST(TumblingWindows, OfAllKeysCloseInOrder) {
  WindowHarness windows("count", Options::tumbling(10));
  windows.process({{"a", "1", 5}, {"a", "1", 25}, {"b", "1", 15}, {"b", "1", 35}});
  windows.finish();
  EXPECT_EQ(windows.results(), (Strings{result(0, 0, 10, "1"), result(1, 10, 20, "1"),
                                        result(2, 20, 30, "1"), result(3, 30, 40, "1")}));
}

TEST(SlidingWindows, NeedNotDivideTheirLength) {
  WindowHarness windows("collect", Options::sliding(10, 4));
  windows.process({{"a", "1", 0}, {"a", "2", 3}, {"a", "3", 9}});
  windows.finish();
  EXPECT_EQ(windows.results(), (Strings{result(-2, -8, 2, "[1]"), result(-1, -4, 6, "[1,2]"),
                                        result(0, 0, 10, "[1,2,3]"), result(1, 4, 14, "[3]"),
                                        result(2, 8, 18, "[3]")}));
}

TEST(SlidingWindows, HaveEachRecordInAllThatItIsIn) {
  WindowHarness windows("count", Options::sliding(10, 5));
  windows.process({{"a", "1", 5}, {"a", "1", 10}});
  windows.finish();
  EXPECT_EQ(windows.results(),
            (Strings{result(0, 0, 10, "1"), result(1, 5, 15, "2"), result(2, 10, 20, "1")}));
}

TEST(SlidingWindows, WithAnOffsetAsLongAsTheLengthAreTumbling) {
  WindowHarness windows("count", Options::sliding(10, 10));
  windows.process({{"a", "1", 9}, {"a", "1", 10}});
  windows.finish();
  EXPECT_EQ(windows.results(), (Strings{result(0, 0, 10, "1"), result(1, 10, 20, "1")}));
}

TEST(SlidingWindows, LeaveOutWindowsWithoutRecords) {
  WindowHarness windows("count", Options::sliding(10, 5));
  windows.process({{"a", "1", 0}, {"a", "1", 1'000'000}});
  windows.finish();
  EXPECT_EQ(windows.results(), (Strings{result(-1, -5, 5, "1"), result(0, 0, 10, "1"),
                                        result(199'999, 999'995, 1'000'005, "1"),
                                        result(200'000, 1'000'000, 1'000'010, "1")}));
}

TEST(SlidingWindows, AreRefusedWithAnOffsetLongerThanTheirLength) {
  WindowHarness windows("count", Options::sliding(60 * kSecond, 90 * kSecond));
  EXPECT_EQ(windows.error,
            "window: `offset` (90s) is longer than `length` (1m), so that records between two "
            "windows would be in none; make it 1m at most");
}

TEST(SlidingWindows, AreRefusedWhenEachRecordWouldBeInTooManyStates) {
  TestAggregates aggregates;
  WindowHarness windows("aggregate",
                        Options::sliding(20'000, 1).use("test.texts", aggregates.texts));
  EXPECT_NE(windows.error.find("each record would be added to 20000 windows"), std::string::npos)
      << windows.error;
  WindowHarness shared("aggregate",
                       Options::sliding(20'000, 1).use("test.moving", aggregates.moving));
  EXPECT_EQ(shared.error, "");
}

TEST(SessionWindows, HoldRecordsThatAreNoFurtherApartThanTheGap) {
  WindowHarness windows("collect", Options::session(5));
  windows.process({{"a", "1", 100}, {"a", "2", 105}, {"a", "3", 111}});
  windows.finish();
  EXPECT_EQ(windows.results(),
            (Strings{result(100, 100, 111, "[1,2]"), result(111, 111, 117, "[3]")}));
}

TEST(SessionWindows, AreMergedByARecordBetweenThem) {
  WindowHarness windows("collect", Options::session(5));
  windows.process({{"a", "1", 110}, {"a", "2", 100}, {"a", "3", 105}});
  windows.finish();
  EXPECT_EQ(windows.results(), Strings{result(100, 100, 116, "[2,1,3]")});
  const Strings meta = windows.meta();
  ASSERT_EQ(meta.size(), 1u);
  EXPECT_NE(meta[0].find("\"window_id\":100,"), std::string::npos) << meta[0];
  EXPECT_NE(meta[0].find("\"merged_ids\":[110]"), std::string::npos) << meta[0];
}

TEST(SessionWindows, KeepTheLeastIdOfAllThatWereMerged) {
  WindowHarness windows("count", Options::session(5));
  // Opened by 102 and drawn back to 98, and then met by others from both sides.
  windows.process({{"a", "1", 102}, {"a", "1", 98}, {"a", "1", 90}, {"a", "1", 112}});
  windows.process({{"a", "1", 107}, {"a", "1", 94}});
  windows.finish();
  EXPECT_EQ(windows.results(), Strings{result(90, 90, 118, "6")});
  EXPECT_NE(windows.meta()[0].find("\"merged_ids\":[112,102]"), std::string::npos);
}

TEST(SessionWindows, AreRefusedForAggregatesThatCannotMerge) {
  TestAggregates aggregates;
  WindowHarness windows("aggregate", Options::session(5).use("test.texts", aggregates.texts));
  EXPECT_EQ(windows.error,
            "session windows merge states, which test.texts cannot; choose another aggregate");
}

TEST(SessionWindows, DoNotMoveATimerForEachRecord) {
  WindowHarness windows("count", Options::session(50));
  for (int64_t time = 0; time < 1000; time += 10) {
    windows.take("a", time);
    windows.move_watermark(time);
  }
  EXPECT_LE(windows.timers_set(), 1000u / 50 + 2);
  windows.move_watermark(990 + 51);
  EXPECT_EQ(windows.results(), Strings{result(0, 0, 1041, "100")});
  EXPECT_EQ(windows.timer_count(), 0u);
}

TEST(SessionWindows, LeaveNothingOfManyKeys) {
  WindowHarness windows("count", Options::session(5));
  for (int64_t i = 0; i < 2000; ++i) {
    windows.take("key" + std::to_string(i), i);
    if (i % 100 == 0) windows.move_watermark(i);
  }
  windows.move_watermark(3000);
  EXPECT_EQ(windows.results().size(), 2000u);
  EXPECT_EQ(windows.state_count(), 0u);
  EXPECT_EQ(windows.timer_count(), 0u);
}

TEST(LateRecords, AreThoseBeforeTheWatermark) {
  WindowHarness windows("count", Options::tumbling(10));
  windows.move_watermark(25);
  windows.process({{"a", "at it", 25}, {"a", "before it", 24}});
  EXPECT_EQ(windows.late(), Strings{"before it"});
  windows.finish();
  EXPECT_EQ(windows.results(), Strings{result(2, 20, 30, "1")});
}

TEST(LateRecords, PassAsTheyAre) {
  WindowHarness windows("count", Options::tumbling(10));
  windows.move_watermark(25);
  const TestRecord record{"a", "x", 3, {{"h", "v"}}};
  windows.process({record});
  ASSERT_EQ(windows.out.size(), 1u);
  TestRecord wanted = record;
  wanted.port = kLatePort;
  EXPECT_EQ(windows.out[0], wanted);
  EXPECT_EQ(windows.hashes[0], 77u);
}

TEST(LateRecords, OfNewKeysLeaveNoState) {
  WindowHarness windows("count", Options::tumbling(10));
  windows.move_watermark(25);
  windows.process({{"a", "x", 3}, {"b", "x", 30}});
  EXPECT_EQ(windows.state_count(), 1u);
}

TEST(LateRecords, WithinAllowedLatenessChangeTheirWindow) {
  WindowHarness windows("count", Options::tumbling(10).lateness(15));
  windows.take("a", 5);
  windows.move_watermark(10);
  EXPECT_EQ(windows.results(), Strings{result(0, 0, 10, "1")});
  windows.take("a", 6);
  windows.move_watermark(21);
  windows.process({{"a", "1", 6}, {"a", "1", 7}, {"a", "too late", 5}});
  EXPECT_EQ(windows.results(),
            (Strings{result(0, 0, 10, "2"), result(0, 0, 10, "3"), result(0, 0, 10, "4")}));
  EXPECT_EQ(windows.late(), Strings{"too late"});
  windows.move_watermark(24);
  EXPECT_EQ(windows.state_count(), 1u);
  windows.move_watermark(25);
  EXPECT_EQ(windows.state_count(), 0u);
  EXPECT_EQ(windows.results(), Strings());
}

TEST(LateRecords, MayOpenAWindowThatIsOver) {
  WindowHarness windows("count", Options::tumbling(10).lateness(100));
  windows.move_watermark(50);
  windows.take("a", 5);
  EXPECT_EQ(windows.results(), Strings{result(0, 0, 10, "1")});
  windows.finish();
  EXPECT_EQ(windows.results(), Strings());
}

TEST(LateRecords, ReopenASessionThatTheyLengthen) {
  WindowHarness windows("count", Options::session(5).lateness(100));
  windows.take("a", 10);
  windows.move_watermark(16);
  EXPECT_EQ(windows.results(), Strings{result(10, 10, 16, "1")});
  windows.take("a", 15);
  EXPECT_EQ(windows.results(), Strings());
  windows.move_watermark(21);
  EXPECT_EQ(windows.results(), Strings{result(10, 10, 21, "2")});
}

TEST(Clocks, OfTheStreamNeedAWatermark) {
  WindowHarness windows("count", Options::tumbling(10), false);
  EXPECT_NE(windows.error.find("say watermark = { wait = \"5s\" } at the source"),
            std::string::npos)
      << windows.error;
  EXPECT_EQ(WindowHarness("count", Options::tumbling(10).per_key(0), false).error, "");
  EXPECT_EQ(WindowHarness("count", Options::tumbling(10).system(), false).error, "");
}

TEST(Clocks, PerKeyWaitForRecordsOutOfOrder) {
  WindowHarness windows("collect", Options::tumbling(10).per_key(5), false);
  windows.process({{"a", "1", 9}, {"b", "1", 3}, {"a", "2", 14}, {"a", "3", 9}, {"a", "4", 8}});
  // The watermark of `a` is 9; that of `b` is -2.
  EXPECT_EQ(windows.late(), Strings{"4"});
  EXPECT_EQ(windows.results(), Strings());
  windows.take("a", 15, "5");
  EXPECT_EQ(windows.results(), Strings{result(0, 0, 10, "[1,3]")});
}

TEST(Clocks, PerKeyMoveOnWithTheWallClock) {
  WindowHarness windows("count", Options::tumbling(10).per_key(5), false);
  windows.take("a", 7);
  windows.pass_time(7);
  EXPECT_EQ(windows.results(), Strings());
  windows.pass_time(1);
  EXPECT_EQ(windows.results(), Strings{result(0, 0, 10, "1")});
  EXPECT_EQ(windows.state_count(), 0u);
}

TEST(Clocks, OfTheSystemGoByTheTimeOfArrival) {
  WindowHarness windows("count", Options::tumbling(10).system(), false);
  const int64_t now = windows.now_us();
  windows.process({{"a", "1"}, {"a", "1", 3}});
  windows.pass_time(10);
  EXPECT_EQ(windows.results(), Strings{result(now / 10, now, now + 10, "2")});
  EXPECT_EQ(windows.state_count(), 0u);
}

TEST(Clocks, OfTheSystemDoNotGoBack) {
  WindowHarness windows("count", Options::tumbling(10).system(), false);
  const int64_t now = windows.now_us();
  windows.take("a", 0);
  windows.pass_time(-1000);
  windows.take("a", 0);
  windows.end();
  EXPECT_EQ(windows.results(), Strings{result(now / 10, now, now + 10, "2")});
  EXPECT_EQ(windows.late(), Strings());
}

TEST(Clocks, OfTheSystemDoNotGoBackOverARestart) {
  const Options options = Options::tumbling(10).system().lateness(100);
  WindowHarness before("count", options, false);
  const int64_t now = before.now_us();
  before.take("a", 0);
  before.pass_time(10);
  EXPECT_EQ(before.results(), Strings{result(now / 10, now, now + 10, "1")});
  before.take("a", 0);
  WindowHarness after("count", options, false);  // by whose clock the first window is open
  ASSERT_EQ(after.restore("a", before.saved("a")), SH_OK);
  after.take("a", 0);
  after.end();
  EXPECT_EQ(after.results(), Strings{result(now / 10 + 1, now + 10, now + 20, "2")});
}

TEST(Clocks, PerKeyStandStillWhileTheJobIsNotRunning) {
  const Options options = Options::tumbling(1000).per_key(5);
  WindowHarness before("count", options, false);
  before.take("a", 100);
  before.pass_time(3);
  WindowHarness after("count", options, false);
  after.pass_time(3'600'000'000);
  ASSERT_EQ(after.restore("a", before.saved("a")), SH_OK);
  after.process({{"a", "at it", 98}, {"a", "before it", 97}});
  EXPECT_EQ(after.late(), Strings{"before it"});
  after.pass_time(1);
  after.take("a", 98, "late by now");
  EXPECT_EQ(after.late(), Strings{"late by now"});
}

// After a restart the watermark may be less than it was.
TEST(RestoredWindows, ThatWerePutOutAreNotOpenedByWhatComesBeforeThem) {
  const Options options = Options::sliding(10, 5);
  WindowHarness before("count", options);
  before.take("a", 6);
  before.move_watermark(10);
  EXPECT_EQ(before.results(), Strings{result(0, 0, 10, "1")});
  WindowHarness after("count", options);
  ASSERT_EQ(after.restore("a", before.saved("a")), SH_OK);
  after.process({{"a", "late", 3}, {"a", "1", 10}});
  EXPECT_EQ(after.late(), Strings{"late"});
  after.finish();
  EXPECT_EQ(after.results(), (Strings{result(1, 5, 15, "2"), result(2, 10, 20, "1")}));
}

TEST(RestoredWindows, ThatWerePutOutArePutOutAgainWithinTheAllowedLateness) {
  const Options options = Options::tumbling(10).lateness(100);
  WindowHarness before("count", options);
  before.take("a", 5);
  before.move_watermark(10);
  before.results();
  WindowHarness after("count", options);
  ASSERT_EQ(after.restore("a", before.saved("a")), SH_OK);
  after.process({{"a", "1", 6}, {"a", "1", 7}});
  EXPECT_EQ(after.results(), (Strings{result(0, 0, 10, "2"), result(0, 0, 10, "3")}));
}

// Of a worker that is behind another by as much as there are windows.
TEST(Windows, OfWhichThousandsAreOpenTakeRecordsAtAnyPlace) {
  for (const Options& options : {Options::tumbling(10), Options::session(5)}) {
    WindowHarness windows("count", options);
    for (int64_t i = 0; i < 3000; ++i) {
      windows.process({{"a", "1", (3000 + i) * 10}, {"a", "1", i * 10}, {"a", "1", i * 10}});
      windows.move_watermark(i * 10);
    }
    windows.finish();
    const Strings results = windows.results();
    ASSERT_EQ(results.size(), 6000u);
    for (size_t i = 0; i < 6000; ++i) {
      ASSERT_TRUE(results[i].ends_with(i < 3000 ? ":2}" : ":1}")) << i << results[i];
    }
    EXPECT_EQ(windows.state_count(), 0u);
  }
}

TEST(Records, WithoutEventTimeAreRejected) {
  WindowHarness windows("count", Options::tumbling(10));
  windows.process({{"a", "1"}, {"a", "1", 1}, {"b", "1"}});
  ASSERT_EQ(windows.rejected.size(), 2u);
  EXPECT_NE(windows.rejected[0].find("the record has no event time"), std::string::npos);
  EXPECT_EQ(windows.state_count(), 1u);
  windows.finish();
  EXPECT_EQ(windows.results(), Strings{result(0, 0, 10, "1")});
}

TEST(Records, ThatTheAggregateRefusesAreRejected) {
  WindowHarness windows("max", Options::tumbling(10));
  windows.process({{"a", "1", 1}, {"a", "many", 2}, {"a", "3", 3}});
  EXPECT_EQ(windows.rejected.size(), 1u);
  windows.finish();
  EXPECT_EQ(windows.results(), Strings{result(0, 0, 10, "3")});
}

TEST(Records, AtTheEndsOfTimeAreTaken) {
  for (const bool sliding : {false, true}) {
    const Options options = sliding ? Options::sliding(10, 3) : Options::tumbling(10);
    WindowHarness windows("count", options);
    windows.process({{"a", "1", INT64_MAX}, {"a", "1", INT64_MIN + 1}});
    windows.finish();
    EXPECT_GE(windows.results().size(), 2u);
    EXPECT_EQ(windows.state_count(), 0u);
  }
  // Windows with a state each, of which some would open before the first time there is.
  TestAggregates aggregates;
  WindowHarness windows("aggregate", Options::sliding(10, 3).use("test.texts", aggregates.texts));
  windows.process({{"a", "1", INT64_MIN + 1}, {"a", "2", INT64_MAX}});
  windows.finish();
  const Strings results = windows.results();
  EXPECT_GE(results.size(), 6u);
  for (const std::string& each : results) {
    EXPECT_TRUE(each.ends_with(":[1]}") || each.ends_with(":[2]}")) << each;
  }
  EXPECT_EQ(windows.state_count(), 0u);
  WindowHarness sessions("count", Options::session(5));
  sessions.process({{"a", "1", INT64_MAX}, {"a", "1", INT64_MIN + 1}, {"a", "1", INT64_MAX - 1}});
  sessions.finish();
  EXPECT_EQ(sessions.results().size(), 2u);
}

TEST(EarlyResults, ComeForWindowsThatHaveChanged) {
  WindowHarness windows("count", Options::tumbling(10).early(100));
  windows.process({{"a", "1", 1}, {"a", "1", 11}});
  windows.pass_time(99);
  EXPECT_EQ(windows.results(), Strings());
  windows.pass_time(1);
  std::string first = result(0, 0, 10, "1"), second = result(1, 10, 20, "1");
  first.insert(first.size() - 1, ",\"early\":true");
  second.insert(second.size() - 1, ",\"early\":true");
  EXPECT_EQ(windows.results(), (Strings{first, second}));
  EXPECT_EQ(windows.meta(), Strings());
  windows.pass_time(1000);
  EXPECT_EQ(windows.results(), Strings()) << "nothing has changed";
  windows.take("a", 12);
  windows.pass_time(100);
  EXPECT_EQ(windows.results().size(), 1u);
  windows.finish();
  EXPECT_EQ(windows.results(), (Strings{result(0, 0, 10, "1"), result(1, 10, 20, "2")}));
}

TEST(OrderedWindows, TakeRecordsByTheirTime) {
  WindowHarness windows("collect", Options::tumbling(10).ordered());
  windows.process({{"a", "5", 5}, {"a", "1", 1}, {"a", "3", 3}, {"a", "3.1", 3}, {"a", "12", 12}});
  windows.save_and_restore();
  windows.move_watermark(4);
  windows.take("a", 4, "4");
  windows.finish();
  EXPECT_EQ(windows.results(),
            (Strings{result(0, 0, 10, "[1,3,3.1,4,5]"), result(1, 10, 20, "[12]")}));
  EXPECT_EQ(windows.state_count(), 0u);
}

TEST(Aggregates, SeveralMakeOneObject) {
  TestAggregates aggregates;
  WindowHarness windows("aggregate", Options::sliding(10, 5)
                                         .use("test.moving", aggregates.moving, "m")
                                         .use("test.moving", aggregates.moving, "n"));
  windows.process({{"a", "1", 1}, {"a", "6", 6}});
  windows.finish();
  EXPECT_EQ(windows.results(), (Strings{result(-1, -5, 5, R"({"m":[1],"n":[1]})"),
                                        result(0, 0, 10, R"({"m":[1,6],"n":[1,6]})"),
                                        result(1, 5, 15, R"({"m":[6],"n":[6]})")}));
}

}  // namespace
}  // namespace streamhost::window
