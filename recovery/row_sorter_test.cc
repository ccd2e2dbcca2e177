#include "recovery/row_sorter.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "recovery/hash.h"

namespace streamhost::recovery {
namespace {

TEST(RowBlock, HoldsRowsInTheOrderTheyWereAdded) {
  RowBlock block;
  EXPECT_TRUE(block.empty());
  block.put("key", 300, "value");
  block.erase("gone");
  block.put("", 0, std::string(100'000, 'x'));
  EXPECT_EQ(block.rows(), 3u);
  const char* in = block.encoded().data();
  const char* const end = in + block.encoded().size();
  EncodedRow row;
  in = decode_row(in, end, row);
  EXPECT_EQ(row.key, "key");
  EXPECT_EQ(row.version, 300u);
  EXPECT_EQ(row.value, "value");
  EXPECT_FALSE(row.erased);
  in = decode_row(in, end, row);
  EXPECT_EQ(row.key, "gone");
  EXPECT_TRUE(row.erased);
  in = decode_row(in, end, row);
  EXPECT_EQ(row.key, "");
  EXPECT_EQ(row.value.size(), 100'000u);
  EXPECT_EQ(in, end);
}

TEST(RowBlock, IsEmptyAfterItWasMovedFrom) {
  RowBlock block;
  block.put("key", 1, "value");
  RowBlock other = std::move(block);
  EXPECT_TRUE(block.empty());  // NOLINT: that is the promise
  EXPECT_EQ(other.rows(), 1u);
  block.put("again", 1, "");
  EXPECT_EQ(block.rows(), 1u);
}

TEST(EncodedRow, CutShortItIsNoRow) {
  RowBlock block;
  block.put(std::string(200, 'k'), 1, std::string(300, 'v'));
  const std::string_view whole = block.encoded();
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::string cut(whole.substr(0, size));
    EncodedRow row;
    EXPECT_EQ(decode_row(cut.data(), cut.data() + cut.size(), row), nullptr) << size;
  }
  // A length beyond all memory.
  const std::string huge = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
  EncodedRow row;
  EXPECT_EQ(decode_row(huge.data(), huge.data() + huge.size(), row), nullptr);
}

TEST(RowSorter, GivesOutEachKeyOnceSortedAndInItsFile) {
  const std::vector<int64_t> steps = {step_number("one"), step_number("two")};
  for (const uint32_t files : {1u, 4u}) {
    for (const size_t count : {size_t{3}, size_t{400}, size_t{30'000}}) {
      RowSorter sorter(steps, files);
      std::mt19937_64 random(count);
      std::map<std::pair<int64_t, std::string>, std::string> expected;
      for (int block_number = 0; block_number < 3; ++block_number) {
        for (uint32_t step = 0; step < 2; ++step) {
          RowBlock block;
          for (size_t i = 0; i < count; ++i) {
            const std::string key = std::to_string(random() % count);
            const std::string value = std::to_string(random());
            block.put(key, 1, value);
            expected[{steps[step], key}] = value;
          }
          sorter.add(step, std::move(block));
        }
      }
      std::set<std::pair<uint32_t, int64_t>> runs;
      std::map<std::pair<int64_t, std::string>, std::string> found;
      uint32_t file = 0;
      int64_t step = 0;
      std::pair<uint64_t, std::string> last;
      sorter.drain(
          [&](uint32_t in_file, int64_t of_step) {
            file = in_file;
            step = of_step;
            last = {};
            EXPECT_TRUE(runs.insert({file, step}).second);
          },
          [&](const EncodedRow& row) {
            const std::pair<uint64_t, std::string> now{hash_of(row.key), std::string(row.key)};
            EXPECT_LT(last, now);
            last = now;
            EXPECT_EQ(file_of(step, now.first, files), file);
            found[{step, now.second}] = row.value;
          },
          [] {});
      EXPECT_EQ(found, expected);
      EXPECT_EQ(sorter.bytes(), 0u);
    }
  }
}

TEST(RowSorter, GivesOutWhatIsHereAndNoticesWhatIsNot) {
  const int64_t number = step_number("one");
  for (const bool astray : {false, true}) {
    RowSorter sorter({number}, 4, std::vector<uint32_t>{1, 3});
    RowBlock block;
    size_t added = 0;
    for (int i = 0; i < 1000; ++i) {
      const std::string key = std::to_string(i);
      const uint32_t file = file_of(number, hash_of(key), 4);
      if (file % 2 == 0 && !(astray && file == 2)) continue;
      block.put(key, 1, "value");
      added += file % 2;
    }
    sorter.add(0, std::move(block));
    uint32_t place = 0;
    size_t found = 0;
    sorter.drain([&](uint32_t at, int64_t) { place = at; },
                 [&](const EncodedRow& row) {
                   ++found;
                   EXPECT_EQ(file_of(number, hash_of(row.key), 4), place == 0 ? 1u : 3u);
                 },
                 [] {});
    EXPECT_EQ(found, added);
    EXPECT_EQ(sorter.astray(), astray ? std::optional(2u) : std::nullopt);
  }
}

TEST(FileOf, SpreadsKeysEvenly) {
  std::vector<int> counts(5);
  for (int key = 0; key < 50'000; ++key) {
    ++counts[file_of(step_number("counts"), hash_of(std::to_string(key)), 5)];
  }
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
}

}  // namespace
}  // namespace streamhost::recovery
