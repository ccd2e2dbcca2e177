#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>
#include <streamhost/sdk/fixed_pool.hpp>
#include <vector>

namespace {

using streamhost::FixedPool;

TEST(FixedPool, BlocksDoNotOverlapAndKeepWhatIsInThem) {
  FixedPool pool({40});
  std::map<unsigned char*, unsigned char> blocks;
  std::mt19937 random(1);
  for (int i = 0; i < 100'000; ++i) {
    if (random() % 3 != 0 || blocks.empty()) {
      auto* block = static_cast<unsigned char*>(pool.take());
      const auto fill = static_cast<unsigned char>(random());
      std::memset(block, fill, 40);
      ASSERT_TRUE(blocks.emplace(block, fill).second);
    } else {
      auto it = blocks.lower_bound(reinterpret_cast<unsigned char*>(
          reinterpret_cast<uintptr_t>(blocks.begin()->first) + random() % (1u << 22)));
      if (it == blocks.end()) it = blocks.begin();
      for (int b = 0; b < 40; ++b) ASSERT_EQ(it->first[b], it->second);
      pool.give_back(it->first);
      blocks.erase(it);
    }
    ASSERT_EQ(pool.in_use(), blocks.size());
  }
  unsigned char* before = nullptr;
  for (const auto& [block, fill] : blocks) {
    EXPECT_GE(block - before, 40);
    before = block;
    for (int b = 0; b < 40; ++b) ASSERT_EQ(block[b], fill);
  }
}

TEST(FixedPool, AlignsTheByteThatIsAskedFor) {
  for (const size_t align : {16u, 32u, 64u}) {
    for (const size_t offset : {0u, 8u, 16u, 48u, 100u}) {
      FixedPool pool({123, align, offset, 16});
      for (int i = 0; i < 2000; ++i) {
        EXPECT_EQ((reinterpret_cast<uintptr_t>(pool.take()) + offset) % align, 0u);
      }
    }
  }
}

TEST(FixedPool, SaysTruthfullyThatABlockIsZero) {
  FixedPool pool({64});
  std::vector<void*> blocks;
  std::mt19937 random(3);
  int zero = 0;
  for (int i = 0; i < 30'000; ++i) {
    bool zeroed = false;
    auto* block = static_cast<unsigned char*>(pool.take(&zeroed));
    for (int b = 0; zeroed && b < 64; ++b) ASSERT_EQ(block[b], 0);
    zero += zeroed ? 1 : 0;
    std::memset(block, 0xff, 64);
    blocks.push_back(block);
    if (random() % 2 != 0) continue;
    std::swap(blocks[random() % blocks.size()], blocks.back());
    pool.give_back(blocks.back());
    blocks.pop_back();
  }
  EXPECT_GT(zero, 10'000);
  EXPECT_LT(zero, 20'000);
}

TEST(FixedPool, MemoryGoesBackThoughOneBlockStays) {
  FixedPool pool({100});
  std::vector<void*> blocks;
  for (int i = 0; i < 500'000; ++i) blocks.push_back(pool.take());
  const size_t full = pool.memory();
  EXPECT_GT(full, 50'000'000u);
  EXPECT_LT(full, 80'000'000u);
  std::shuffle(blocks.begin() + 1, blocks.end(), std::mt19937(2));
  for (size_t i = 1; i < blocks.size(); ++i) pool.give_back(blocks[i]);
  EXPECT_EQ(pool.in_use(), 1u);
  EXPECT_LE(pool.memory(), size_t{9} << 20);
}

TEST(FixedPool, ABlockThatComesAndGoesCostsNoCallToTheSystem) {
  FixedPool pool({100});
  void* first = pool.take();
  pool.give_back(first);
  const size_t memory = pool.memory();
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(pool.take(), first);
    pool.give_back(first);
  }
  EXPECT_EQ(pool.memory(), memory);
}

TEST(FixedPool, CanBeMovedAndCleared) {
  FixedPool pool({24});
  auto* block = static_cast<char*>(pool.take());
  std::strcpy(block, "here");
  FixedPool other(std::move(pool));
  EXPECT_STREQ(block, "here");
  EXPECT_EQ(other.in_use(), 1u);
  EXPECT_EQ(pool.memory(), 0u);  // NOLINT: what is moved from is empty
  other.clear();
  EXPECT_EQ(other.memory(), 0u);
  EXPECT_NE(other.take(), nullptr);
}

TEST(FixedPool, ABlockLargerThanAPieceIsRefused) {
  FixedPool pool({size_t{16} << 20});
  EXPECT_THROW(pool.take(), std::bad_alloc);
  FixedPool large({size_t{1} << 20});
  for (int i = 0; i < 20; ++i) std::memset(large.take(), 1, size_t{1} << 20);
  EXPECT_EQ(large.in_use(), 20u);
}

}  // namespace
