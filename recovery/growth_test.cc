// How large a store is.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "recovery/report.h"
#include "recovery/store.h"
#include "recovery/test_job.h"
#include "support/process.h"

namespace streamhost::recovery::testing {
namespace {

using streamhost::testing::TempDir;

uint64_t bytes_of(const std::filesystem::path& directory) {
  uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    bytes += std::filesystem::file_size(entry.path());
  }
  return bytes;
}

std::string key_of(uint64_t key) { return "a key of some length " + std::to_string(key); }

TEST(Growth, IsFlatOverManyEpochsOfASteadyJob) {
  const char* many = std::getenv("STREAMHOST_RECOVERY_EPOCHS");
  const uint64_t epochs = many == nullptr ? 2'000 : std::strtoull(many, nullptr, 10);
  TempDir dir;
  auto store = open_store(dir / "store", 2);
  ASSERT_TRUE(store->begin({}, kSteps, {}));
  uint64_t quarter = 0, largest = 0;
  for (uint64_t epoch = 1; epoch <= epochs; ++epoch) {
    RowBlock counts, lines;
    for (uint64_t i = 0; i < 100; ++i) {
      const uint64_t key = (epoch * 7919 + i * 104729) % 2'000;
      counts.put(key_of(key), 1, std::to_string(epoch));
    }
    // Keys that come and go, as windows do.
    for (uint64_t i = 0; i < 20; ++i) {
      counts.put("window " + std::to_string(epoch * 20 + i), 1, std::string(100, 'w'));
      counts.erase("window " + std::to_string(epoch * 20 + i - 60));
    }
    lines.put("file", 1, std::to_string(epoch));
    store->add(0, std::move(lines));
    store->add(1, std::move(counts));
    ASSERT_TRUE(end_epoch(*store, epoch));
    const uint64_t bytes = bytes_of(dir / "store");
    if (epoch <= epochs / 4) {
      quarter = std::max(quarter, bytes);
    } else {
      largest = std::max(largest, bytes);
    }
  }
  store.reset();
  EXPECT_LT(largest, quarter * 5 / 4) << "at most " << quarter << " at first";
  auto found = report(dir / "store", 0);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->steps[0].keys, 2'060u);
  EXPECT_LE(found->epochs.size(), 20u);
  RecordProperty("bytes", std::to_string(largest));
  std::printf("%llu epochs: %llu bytes at most, %llu of %llu bytes alive when closed\n",
              static_cast<unsigned long long>(epochs), static_cast<unsigned long long>(largest),
              static_cast<unsigned long long>(found->steps[0].bytes),
              static_cast<unsigned long long>(found->file_bytes));
}

TEST(Growth, AStoreShrinksWhenMostKeysAreErased) {
  TempDir dir;
  auto store = open_store(dir / "store", 1);
  ASSERT_TRUE(store->begin({}, kSteps, {}));
  constexpr uint64_t kKeys = 40'000;
  uint64_t epoch = 0;
  for (uint64_t key = 0; key < kKeys;) {
    RowBlock block;
    for (int i = 0; i < 10'000; ++i) block.put(key_of(key++), 1, std::string(500, 'v'));
    store->add(1, std::move(block));
    ASSERT_TRUE(end_epoch(*store, ++epoch));
  }
  const uint64_t full = bytes_of(dir / "store");
  EXPECT_GT(full, kKeys * 500);
  // What says that a key is gone is far smaller than what it frees.
  for (uint64_t key = 0; key < kKeys * 19 / 20;) {
    RowBlock block;
    for (int i = 0; i < 2'000; ++i) block.erase(key_of(key++));
    store->add(1, std::move(block));
    ASSERT_TRUE(end_epoch(*store, ++epoch));
  }
  uint64_t now = full;
  for (int attempt = 0; attempt < 200 && now > full / 5; ++attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    ASSERT_TRUE(end_epoch(*store, ++epoch));
    now = bytes_of(dir / "store");
  }
  store.reset();
  EXPECT_LT(bytes_of(dir / "store"), full / 5) << "of " << full;
  store = open_store(dir / "store");
  EXPECT_EQ(read_all(*store).at("counts").size(), kKeys / 20);
}

TEST(Growth, AClearedStepGivesItsRoomBack) {
  TempDir dir;
  auto store = open_store(dir / "store", 1);
  ASSERT_TRUE(store->begin({}, kSteps, {}));
  RowBlock block;
  for (uint64_t key = 0; key < 20'000; ++key) block.put(key_of(key), 1, std::string(500, 'v'));
  store->add(1, std::move(block));
  ASSERT_TRUE(end_epoch(*store, 1));
  ASSERT_TRUE(end_epoch(*store, 2, {1}));
  uint64_t epoch = 2;
  for (int attempt = 0; attempt < 200 && bytes_of(dir / "store") > 4'000'000; ++attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    ASSERT_TRUE(end_epoch(*store, ++epoch));
  }
  store.reset();
  EXPECT_LT(bytes_of(dir / "store"), 3'000'000u);
}

TEST(Growth, BackupKeepsWhatItNeeds) {
  TempDir dir;
  auto store = open_store(dir / "store", 1, 3'600'000'000);
  ASSERT_TRUE(store->begin({}, kSteps, {}));
  for (uint64_t epoch = 1; epoch <= 100; ++epoch) {
    RowBlock block;
    block.put("a", 1, std::to_string(epoch));
    store->add(1, std::move(block));
    ASSERT_TRUE(end_epoch(*store, epoch));
  }
  store.reset();
  auto found = report(dir / "store", 1);
  ASSERT_TRUE(found) << found.failure().message;
  EXPECT_EQ(found->epochs.size(), 100u);
  EXPECT_EQ(found->oldest_epoch, 1u);
  EXPECT_EQ(found->steps[0].keys, 1u);
}

}  // namespace
}  // namespace streamhost::recovery::testing
