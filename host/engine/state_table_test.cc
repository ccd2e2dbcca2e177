#include "engine/state_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "base/key_hash.h"

namespace streamhost {
namespace {

sh_record record(const std::string& key) {
  sh_record r{};
  r.key = reinterpret_cast<const uint8_t*>(key.data());
  r.key_len = static_cast<uint32_t>(key.size());
  return r;
}

int64_t* find(StateTable& table, const std::string& key) {
  sh_record r = record(key);
  void* state = nullptr;
  EXPECT_EQ(table.find(&r, 1, &state, nullptr), StateTable::Found::kAll);
  EXPECT_NE(r.key_hash, 0u);
  return static_cast<int64_t*>(state);
}

std::string key_text(const StateTable& table, const void* state) {
  const sh_bytes key = table.key_of(state);
  return {reinterpret_cast<const char*>(key.ptr), key.len};
}

TEST(StateTable, AgreesWithAMapOverRandomFindsAndErasures) {
  StateTable table(sizeof(int64_t), alignof(int64_t));
  std::map<std::string, int64_t> expected;
  std::mt19937 random(1);
  for (int i = 0; i < 200'000; ++i) {
    const std::string key = std::string(random() % 40, 'x') + std::to_string(random() % 500);
    int64_t* state = find(table, key);
    EXPECT_EQ(*state, expected[key]);
    *state = expected[key] = i;
    if (random() % 3 == 0) {
      table.erase(state);
      expected.erase(key);
    }
    ASSERT_EQ(table.size(), expected.size());
  }
  std::map<std::string, int64_t> found;
  table.for_each(
      [&](void* state) { found[key_text(table, state)] = *static_cast<int64_t*>(state); });
  EXPECT_EQ(found, expected);
}

TEST(StateTable, KeepsStatesWhereTheyAreWhileItGrows) {
  StateTable table(sizeof(int64_t), alignof(int64_t));
  std::map<std::string, int64_t*> at;
  for (int i = 0; i < 50'000; ++i) {
    const std::string key = "key" + std::to_string(i);
    at[key] = find(table, key);
    *at[key] = i;
  }
  for (const auto& [key, state] : at) EXPECT_EQ(find(table, key), state);
}

TEST(StateTable, FindsKeysOfEveryLengthInOneBatch) {
  StateTable table(1, 1);
  std::vector<std::string> keys;
  for (size_t n = 0; n < 3000; n += n < 40 ? 1 : 97) keys.push_back(std::string(n, 'a'));
  std::vector<sh_record> records;
  for (const std::string& key : keys) records.push_back(record(key));
  std::vector<void*> first(keys.size()), second(keys.size());
  const auto count = static_cast<uint32_t>(keys.size());
  ASSERT_EQ(table.find(records.data(), count, first.data(), nullptr), StateTable::Found::kAll);
  ASSERT_EQ(table.find(records.data(), count, second.data(), nullptr), StateTable::Found::kAll);
  EXPECT_EQ(first, second);
  for (size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(key_text(table, first[i]), keys[i]);
  EXPECT_EQ(table.size(), keys.size());
}

TEST(StateTable, AlignsStatesAsAskedAndZeroesThem) {
  for (const uint32_t align : {1u, 8u, 16u, 32u, 64u}) {
    StateTable table(100, align);
    for (int i = 0; i < 300; ++i) {
      // Keys of a size that leaves the slab as well.
      auto* state = reinterpret_cast<uint8_t*>(
          find(table, std::to_string(i) + std::string(i % 7 == 0 ? 5000 : 3, 'k')));
      EXPECT_EQ(reinterpret_cast<uintptr_t>(state) % align, 0u);
      for (int b = 0; b < 100; ++b) ASSERT_EQ(state[b], 0);
      std::fill(state, state + 100, uint8_t{0xff});
      if (i % 2 == 0) table.erase(state);
    }
  }
}

TEST(StateTable, ForgetsAKeyWhoseStateCannotBeMade) {
  StateTable table(8, 8);
  std::string key = "k";
  sh_record r = record(key);
  void* state = nullptr;
  EXPECT_EQ(table.find(&r, 1, &state, [](sh_bytes, void*) { return false; }),
            StateTable::Found::kFailed);
  EXPECT_EQ(table.size(), 0u);
}

TEST(StateTable, GivesItsMemoryBackWhenItIsEmptyAgain) {
  StateTable table(8, 8);
  const size_t empty = table.memory();
  std::vector<void*> states;
  for (int i = 0; i < 100'000; ++i) states.push_back(find(table, "key" + std::to_string(i)));
  EXPECT_GT(table.memory(), 4'000'000u);
  for (void* state : states) table.erase(state);
  EXPECT_LE(table.memory(), empty + (1u << 20)) << "what it keeps for the next keys";
}

TEST(StateTable, GivesMemoryBackThoughSomeKeysStay) {
  StateTable table(64, 8);
  for (int i = 0; i < 500'000; ++i) find(table, "key" + std::to_string(i));
  const size_t full = table.memory();
  for (int i = 0; i < 500'000; ++i) {
    if (i % 250'000 != 7) table.erase(find(table, "key" + std::to_string(i)));
  }
  EXPECT_EQ(table.size(), 2u);
  EXPECT_LT(table.memory(), full / 4);
  EXPECT_LT(table.memory(), 24u << 20) << "two pieces, and a little";
  find(table, "key7");
  find(table, "key250007");
  EXPECT_EQ(table.size(), 2u);
}

TEST(StateTable, NeedsAtMostAHundredBytesPerKeyBesideTheKey) {
  StateTable table(8, 8);
  char key[17];
  for (int i = 0; i < 1'000'000; ++i) {
    std::snprintf(key, sizeof(key), "%016d", i);
    find(table, key);
  }
  EXPECT_LE(table.memory() / 1'000'000, 100u + 16u);
}

TEST(KeyHash, DealsKeysEvenlyToAnyNumberOfWorkers) {
  for (const uint32_t workers : {2u, 3u, 7u}) {
    std::vector<int> dealt(workers);
    for (int i = 0; i < 70'000; ++i) {
      const std::string key = "user-" + std::to_string(i);
      const uint64_t hash = key_hash(reinterpret_cast<const uint8_t*>(key.data()), key.size());
      ++dealt[owner_of(hash, workers)];
    }
    for (const int count : dealt) EXPECT_NEAR(count, 70'000 / workers, 700);
  }
}

}  // namespace
}  // namespace streamhost
