#include "common/line_reader.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "common/test_host.h"

namespace plugin_common {
namespace {

using Strings = std::vector<std::string>;

// Feeds `text` in pieces of `next_piece()` bytes, and puts out with budgets of `next_budget()`.
template <class NextPiece, class NextBudget>
void feed(LineReader& reader, TestHost& host, std::string_view text, NextPiece next_piece,
          NextBudget next_budget) {
  size_t at = 0;
  for (;;) {
    if (reader.past_limit()) return;
    streamhost::Out out = host.out();
    if (reader.put(out, next_budget()) > 0) continue;
    const LineReader::Room room = reader.room();
    const size_t n = std::min<size_t>({room.size, next_piece(), text.size() - at});
    if (n == 0) {
      reader.put_last(out);
      return;
    }
    std::memcpy(room.bytes, text.data() + at, n);
    reader.filled(n);
    at += n;
  }
}

void feed(LineReader& reader, TestHost& host, std::string_view text) {
  feed(
      reader, host, text, [] { return size_t{1} << 20; }, [] { return 1024u; });
}

TEST(LineReader, TheLastLineNeedsNoNewline) {
  TestHost host;
  LineReader reader(host.context(), "f", {});
  feed(reader, host, "a\nb\nc");
  EXPECT_EQ(host.values, (Strings{"a", "b", "c"}));
  EXPECT_EQ(reader.next_offset(), 5u);
}

TEST(LineReader, CountsOffsetsFromWhereItStarts) {
  TestHost host;
  LineReader reader(host.context(), "f", {});
  reader.restart(1000, false);
  streamhost::Out out = host.out();
  const LineReader::Room room = reader.room();
  std::memcpy(room.bytes, "ab\ncd\ne", 7);
  reader.filled(7);
  EXPECT_EQ(reader.put(out, 1), 1u);
  EXPECT_EQ(reader.next_offset(), 1003u);
  EXPECT_EQ(reader.put(out, 5), 1u);
  EXPECT_EQ(reader.next_offset(), 1006u);
  EXPECT_EQ(reader.read_offset(), 1007u);
  EXPECT_EQ(reader.put(out, 5), 0u);
}

TEST(LineReader, SkippingPassesOverTheRestOfALine) {
  TestHost host;
  LineReader reader(host.context(), "f", {});
  reader.restart(10, true);
  feed(reader, host, "tail\nwhole\n");
  EXPECT_EQ(host.values, (Strings{"whole"}));
  EXPECT_EQ(reader.next_offset(), 21u);
}

TEST(LineReader, RejectsALongLineWithItsOffsetAndGoesOn) {
  TestHost host;
  LineReader reader(host.context(), "\"f\"", {.max_line = 5});
  feed(reader, host, "ok\n123456\nfine\n");
  EXPECT_EQ(host.values, (Strings{"ok", "fine"}));
  EXPECT_EQ(host.reasons,
            (Strings{"\"f\": the line at byte 3 has 6 bytes, more than max_line = 5 bytes"}));
  EXPECT_EQ(host.rejected, (Strings{"123456"}));
}

TEST(LineReader, ALineWithoutEndIsGivenUpAndNeverHeldInMemory) {
  TestHost host;
  LineReader reader(host.context(), "\"f\"", {.max_line = 1000}, 4096);
  feed(reader, host, "a\n" + std::string(3 << 20, 'x') + "\nb\n");
  EXPECT_EQ(host.values, (Strings{"a", "b"}));
  EXPECT_EQ(host.reasons,
            (Strings{"\"f\": the line at byte 2 does not end within max_line = 1000 bytes"}));
  EXPECT_EQ(host.rejected[0].size(), 1024u);
}

TEST(LineReader, TooLongALastLineIsRejected) {
  TestHost host;
  LineReader reader(host.context(), "f", {.max_line = 3});
  feed(reader, host, "abc\nabcd");
  EXPECT_EQ(host.values, (Strings{"abc"}));
  EXPECT_EQ(host.rejected, (Strings{"abcd"}));
}

TEST(LineReader, AnArenaThatNobodyReadsIsUsedAgain) {
  TestHost host;
  LineReader reader(host.context(), "f", {}, 4096);
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "line " + std::to_string(i) + "\n";
  feed(
      reader, host, text, [] { return size_t{4096}; },
      [&] { return host.release_records(), 1024u; });
  EXPECT_EQ(host.values.size(), 20'000u);
  EXPECT_EQ(host.arenas_made, 1);
}

TEST(LineReader, BytesThatOthersReadAreNeverOverwritten) {
  TestHost host;
  LineReader reader(host.context(), "f", {}, 4096);
  std::string text;
  for (int i = 0; i < 5'000; ++i) text += "line " + std::to_string(i) + "\n";
  feed(
      reader, host, text, [] { return size_t{4096}; }, [] { return 100u; });
  EXPECT_TRUE(
      std::equal(host.views.begin(), host.views.end(), host.values.begin(), host.values.end()));
}

TEST(LineReader, ALimitCutsAtTheLineThatBeginsThere) {
  const std::string text = "aa\nbb\ncc\n";
  for (uint64_t limit = 0; limit <= 9; ++limit) {
    TestHost host;
    LineReader reader(host.context(), "f", {});
    reader.limit(limit);
    feed(reader, host, text);
    EXPECT_EQ(host.values.size(), (limit + 2) / 3) << limit;
  }
}

// Every line belongs to exactly one range, wherever the cuts fall and however it is read.
TEST(LineReader, RangesTakeEveryLineOnceOnRandomTexts) {
  std::mt19937 engine(11);
  const auto random = [&] { return static_cast<uint32_t>(engine()); };
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 200, 'x');
    for (size_t i = 0; i < text.size(); ++i) {
      text[i] = random() % 6 == 0 ? '\n' : static_cast<char>('a' + i % 26);
    }
    TestHost whole, parts;
    LineReader all(whole.context(), "f", {});
    feed(all, whole, text);
    const uint64_t n = 1 + random() % 6;
    for (uint64_t i = 0; i < n; ++i) {
      const uint64_t from = text.size() * i / n, to = text.size() * (i + 1) / n;
      LineReader reader(parts.context(), "f", {}, 16);
      const uint64_t start = from == 0 ? 0 : from - 1;
      reader.restart(start, from > 0);
      reader.limit(i + 1 == n ? LineReader::kNoLimit : to);
      feed(
          reader, parts, std::string_view(text).substr(start),
          [&] { return size_t{1} + random() % 9; }, [&] { return 1 + random() % 4; });
    }
    ASSERT_EQ(parts.values, whole.values) << "round " << round << " of " << n << " ranges";
  }
}

TEST(LineReader, AgreesWithANaiveSplitWhereverThePiecesAreCut) {
  std::mt19937 engine(3);
  const auto random = [&] { return static_cast<uint32_t>(engine()); };
  for (int round = 0; round < 500; ++round) {
    std::string text(random() % 20'000, 'x');
    const unsigned density = 1 + random() % 500;
    for (char& c : text) {
      c = random() % density == 0 ? '\n' : static_cast<char>('a' + random() % 26);
    }
    Strings expected;
    size_t at = 0;
    for (size_t end; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
      expected.push_back(text.substr(at, end - at));
    }
    if (at < text.size()) expected.push_back(text.substr(at));
    TestHost host;
    host.span_records = 1 + random() % 10;
    LineReader reader(host.context(), "f", {}, 64 + random() % 4096);
    feed(
        reader, host, text,
        [&] {
          if (random() % 2 == 0) host.release_records();
          return 1 + random() % 5000;
        },
        [&] { return 1 + random() % 50; });
    ASSERT_EQ(host.values, expected) << "round " << round;
    ASSERT_EQ(reader.next_offset(), text.size());
  }
}

}  // namespace
}  // namespace plugin_common
