#include "pane.h"

#include <gtest/gtest.h>

namespace streamhost::window {
namespace {

TEST(PanePool, GivesEverythingBackWhenNoneIsInUse) {
  PanePool pool(200, 64);
  std::vector<Pane*> panes;
  for (int i = 0; i < 10'000; ++i) {
    panes.push_back(pool.take());
    ASSERT_EQ(reinterpret_cast<uintptr_t>(state_of(panes.back())) % 64, 0u);
  }
  const size_t most = pool.memory();
  for (Pane* pane : panes) pool.give_back(pane);
  EXPECT_EQ(pool.memory(), 0u);
  EXPECT_GT(most, 10'000u * 248);
}

}  // namespace
}  // namespace streamhost::window
