#include "base/arena.h"

#include <gtest/gtest.h>

#include <cstring>

namespace streamhost {
namespace {

TEST(ArenaPool, HandsOutTheSameMemoryAgain) {
  ArenaPool pool;
  sh_arena* first = pool.chunk(1000);
  EXPECT_GE(ArenaPool::capacity(first), 1000u);
  std::memset(ArenaPool::bytes(first), 1, ArenaPool::capacity(first));
  const size_t used = pool.in_use();
  EXPECT_GT(used, 1000u);
  release(first);
  EXPECT_EQ(pool.in_use(), 0u);
  sh_arena* second = pool.chunk(1000);
  EXPECT_EQ(first, second);
  EXPECT_EQ(pool.in_use(), used);
  release(second);
}

TEST(ArenaPool, HasNoMemoryForTheImpossible) {
  ArenaPool pool;
  EXPECT_EQ(pool.chunk(SIZE_MAX / 2), nullptr);
}

TEST(Arena, TellsWhetherSomebodyElseHoldsIt) {
  ArenaPool pool;
  auto mine = ArenaRef::adopt(pool.chunk(10));
  EXPECT_FALSE(is_shared(mine.get()));
  auto theirs = ArenaRef::share(mine.get());
  EXPECT_TRUE(is_shared(mine.get()));
  theirs = ArenaRef();
  EXPECT_FALSE(is_shared(mine.get()));
}

TEST(ArenaGroup, KeepsItsMembersAlive) {
  ArenaPool pool;
  ArenaRef group;
  {
    auto a = ArenaRef::adopt(pool.chunk(10));
    auto b = ArenaRef::adopt(pool.chunk(10));
    sh_arena* members[] = {a.get(), nullptr, b.get()};
    group = make_group(members, 3);
  }
  EXPECT_GT(pool.in_use(), 0u);
  group = ArenaRef();
  EXPECT_EQ(pool.in_use(), 0u);
}

TEST(ArenaGroup, IsItsOnlyMemberWhenThereIsOneAndNothingWhenThereIsNone) {
  ArenaPool pool;
  auto a = ArenaRef::adopt(pool.chunk(10));
  sh_arena* members[] = {nullptr, a.get(), a.get()};
  EXPECT_EQ(make_group(members, 3).get(), a.get());
  EXPECT_EQ(make_group(members, 1).get(), nullptr);
}

TEST(ExternalArena, ReleasesForeignMemoryOnce) {
  ArenaPool pool;
  int released = 0;
  {
    auto a = pool.external({&released, [](void* owner) { ++*static_cast<int*>(owner); }, 1000});
    EXPECT_EQ(pool.in_use(), 1000u);
    auto b = ArenaRef::share(a.get());
    a = ArenaRef();
    EXPECT_EQ(released, 0);
  }
  EXPECT_EQ(released, 1);
  EXPECT_EQ(pool.in_use(), 0u);
}

}  // namespace
}  // namespace streamhost
