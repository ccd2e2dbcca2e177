#include "crash/disturbance.h"

#include <gtest/gtest.h>

namespace streamhost::crash {
namespace {

constexpr Micros kStartup{10'000}, kRemaining{400'000};

TEST(Disturbance, EveryKindComesAndFallsWhereItsNameSays) {
  Random random(1);
  std::map<Disturbance::Kind, int> seen;
  for (int i = 0; i < 2000; ++i) {
    const Disturbance d = draw(random, {}, kStartup, kRemaining);
    ++seen[d.kind];
    switch (d.kind) {
      case Disturbance::Kind::kKillEarly: EXPECT_LE(d.after, 2 * kStartup); break;
      case Disturbance::Kind::kKillAnytime:
      case Disturbance::Kind::kDrain:
        EXPECT_GE(d.after, kStartup);
        EXPECT_LE(d.after, kStartup + kRemaining);
        break;
      case Disturbance::Kind::kKillLate: EXPECT_GE(d.after, kStartup + kRemaining * 9 / 10); break;
      case Disturbance::Kind::kKillAtPoint: EXPECT_GE(d.point.count, 1); break;
      case Disturbance::Kind::kNone: ADD_FAILURE();
    }
  }
  EXPECT_EQ(seen.size(), 5U);
  EXPECT_GT(seen[Disturbance::Kind::kKillAnytime], 600);
}

TEST(Disturbance, AShareOfNothingNeverComes) {
  Random random(2);
  const Mix mix{.early = 0, .anytime = 1, .late = 0, .at_point = 0, .drain = 0};
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(draw(random, mix, kStartup, kRemaining).kind, Disturbance::Kind::kKillAnytime);
  }
}

TEST(Disturbance, SaysWhatItIs) {
  Disturbance d;
  d.kind = Disturbance::Kind::kKillAtPoint;
  d.point = {"sealed", 3};
  EXPECT_EQ(d.text(), "SIGKILL at sealed:3");
  EXPECT_TRUE(d.is_kill());
  d.kind = Disturbance::Kind::kDrain;
  EXPECT_FALSE(d.is_kill());
}

}  // namespace
}  // namespace streamhost::crash
