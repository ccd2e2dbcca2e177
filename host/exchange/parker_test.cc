#include "exchange/parker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace streamhost {
namespace {

TEST(Parker, SleepsUntilItsTimeHasCome) {
  Parker parker;
  const auto begin = std::chrono::steady_clock::now();
  parker.announce();
  parker.wait(20'000);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(15));
  EXPECT_EQ(parker.sleeps(), 1u);
}

TEST(Parker, DoesNotSleepWhenItWasWokenAfterTheAnnouncement) {
  Parker parker;
  parker.announce();
  parker.wake();
  parker.wait(-1);  // would never return
  EXPECT_EQ(parker.sleeps(), 0u);
}

TEST(Parker, MissesNoWakeOfTwoThreadsThatPassATokenToAndFro) {
  Parker parkers[2];
  std::atomic<int> turn{0};
  constexpr int kPasses = 20'000;
  const auto play = [&](int me) {
    for (int done = 0; done < kPasses;) {
      if (turn.load(std::memory_order_seq_cst) % 2 == me) {
        turn.fetch_add(1, std::memory_order_seq_cst);
        parkers[1 - me].wake();
        ++done;
        continue;
      }
      parkers[me].announce();
      if (turn.load(std::memory_order_seq_cst) % 2 == me) {
        parkers[me].cancel();
      } else {
        parkers[me].wait(-1);
      }
    }
  };
  std::jthread other(play, 1);
  play(0);
  other.join();
  EXPECT_EQ(turn, 2 * kPasses);
}

}  // namespace
}  // namespace streamhost
