#include "pane.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>

namespace streamhost::window {
namespace {

TEST(PaneList, IsInTheOrderOfOpeningHoweverPanesComeAndGo) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 60; ++round) {
    const uint64_t most = uint64_t{1} << (round % 12);
    std::vector<std::unique_ptr<Pane>> owned;
    std::vector<Pane*> wanted;
    PaneList list;
    for (int step = 0; step < 3000; ++step) {
      // Growing for a while, and then shrinking.
      const bool more = random() % 8 < (step / 500 % 2 == 0 ? 6u : 2u);
      if (more && wanted.size() < most) {
        const uint64_t place = random() % 4;
        const int64_t time = place == 0   ? step
                             : place == 1 ? -step
                                          : static_cast<int64_t>(random() % 2000) - 1000;
        const size_t at = list.opened_by(time);
        const auto later = [](int64_t t, const Pane* pane) { return t < pane->span.open; };
        const auto slow = std::upper_bound(wanted.begin(), wanted.end(), time, later);
        ASSERT_EQ(at, static_cast<size_t>(slow - wanted.begin()));
        owned.push_back(std::make_unique<Pane>(Pane{{time, time + 1}, time, false, false}));
        list.insert(at, owned.back().get());
        wanted.insert(slow, owned.back().get());
      } else if (random() % 3 == 0 && !wanted.empty()) {
        const size_t at = random() % wanted.size();
        list.erase(at);
        wanted.erase(wanted.begin() + static_cast<std::ptrdiff_t>(at));
      } else {
        const size_t count = std::min<size_t>(wanted.size(), random() % 4);
        list.erase_front(count);
        wanted.erase(wanted.begin(), wanted.begin() + static_cast<std::ptrdiff_t>(count));
      }
      ASSERT_TRUE(std::equal(list.begin(), list.end(), wanted.begin(), wanted.end())) << step;
      if (step % 100 == 0) {
        PaneList moved = std::move(list);
        ASSERT_TRUE(list.empty());
        list = std::move(moved);
      }
    }
  }
}

TEST(Panes, HaveStatesThatAreAlignedAndInOneLineIfSmall) {
  for (const size_t align : {1u, 8u, 16u, 32u, 64u}) {
    for (const size_t size : {1u, 8u, 32u, 33u, 200u}) {
      FixedPool pool(shape_of_panes(size, align));
      for (int i = 0; i < 3000; ++i) {
        auto* const pane = static_cast<Pane*>(pool.take());
        const auto begin = reinterpret_cast<uintptr_t>(pane);
        const auto state = reinterpret_cast<uintptr_t>(state_of(pane));
        ASSERT_EQ(state % align, 0u);
        ASSERT_EQ(begin % alignof(Pane), 0u);
        if (size <= 32 && align <= 32) {
          ASSERT_EQ(begin / 64, (state + size - 1) / 64);
        }
        std::fill_n(static_cast<std::byte*>(state_of(pane)), size, std::byte{0xff});
      }
    }
  }
}

}  // namespace
}  // namespace streamhost::window
