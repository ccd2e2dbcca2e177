#include "exchange/spsc_ring.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace streamhost {
namespace {

TEST(SpscRing, HandsItemsOverInOrderAndRefusesMoreThanItsCapacity) {
  SpscRing<int> ring(4);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.push(int{i}));
  EXPECT_FALSE(ring.push(4));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(ring.pop(), i);
  EXPECT_EQ(ring.pop(), std::nullopt);
}

TEST(SpscRing, LeavesAnItemThatItCannotTakeUntouched) {
  SpscRing<std::unique_ptr<int>> ring(2);
  EXPECT_TRUE(ring.push(std::make_unique<int>(1)));
  EXPECT_TRUE(ring.push(std::make_unique<int>(2)));
  auto third = std::make_unique<int>(3);
  EXPECT_FALSE(ring.push(std::move(third)));
  ASSERT_NE(third, nullptr);
  EXPECT_EQ(*third, 3);
}

TEST(SpscRing, LosesAndReordersNothingBetweenTwoThreads) {
  SpscRing<uint64_t> ring(8);
  constexpr uint64_t kItems = 300'000;
  std::jthread producer([&] {
    for (uint64_t i = 0; i < kItems;) {
      if (ring.push(uint64_t{i})) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  for (uint64_t i = 0; i < kItems;) {
    if (auto item = ring.pop()) {
      ASSERT_EQ(*item, i);
      ++i;
    } else {
      std::this_thread::yield();
    }
  }
}

}  // namespace
}  // namespace streamhost
