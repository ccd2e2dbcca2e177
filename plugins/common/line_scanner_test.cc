#include "common/line_scanner.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace plugin_common {
namespace {

const uint8_t* bytes(const std::string& text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

struct Lines {
  std::vector<std::string> lines;
  std::string rest;
  LineSplit split;
};

Lines split(const std::string& text, LineRules rules = {}, uint32_t room = 1000) {
  std::vector<sh_record> records(room);
  const uint8_t* from = bytes(text);
  Lines result;
  result.split = split_lines(from, from, from + text.size(), rules, records.data(), room);
  for (uint32_t i = 0; i < result.split.lines; ++i) {
    result.lines.emplace_back(streamhost::Record(records[i]).value());
  }
  result.rest = text.substr(static_cast<size_t>(result.split.next - from));
  return result;
}

using Strings = std::vector<std::string>;

TEST(LineScanner, LinesEndAtNewlinesAndTheRestStays) {
  const Lines result = split("one\ntwo\n\nthr");
  EXPECT_EQ(result.lines, (Strings{"one", "two", ""}));
  EXPECT_EQ(result.rest, "thr");
}

TEST(LineScanner, NothingGivesNothing) {
  EXPECT_TRUE(split("").lines.empty());
  EXPECT_TRUE(split("\n", {}, 0).lines.empty());
}

TEST(LineScanner, StripsOneCarriageReturnBeforeTheNewline) {
  EXPECT_EQ(split("a\r\n\r\nb\r\r\nc\rd\n").lines, (Strings{"a", "", "b\r", "c\rd"}));
}

TEST(LineScanner, KeepsCarriageReturnsWhenAskedTo) {
  EXPECT_EQ(split("a\r\n\r\n", {.strip_cr = false}).lines, (Strings{"a\r", "\r"}));
}

TEST(LineScanner, StopsWhenThereIsNoMoreRoom) {
  const Lines result = split("a\nb\nc\n", {}, 2);
  EXPECT_EQ(result.lines, (Strings{"a", "b"}));
  EXPECT_EQ(result.rest, "c\n");
}

TEST(LineScanner, StopsBeforeALineThatIsTooLong) {
  const std::string text = "ab\n" + std::string(200, 'x') + "\ncd\n";
  const Lines result = split(text, {.max_line = 100});
  EXPECT_EQ(result.lines, (Strings{"ab"}));
  EXPECT_EQ(result.rest, text.substr(3));
  EXPECT_EQ(result.split.newline, bytes(text) + 203);
}

TEST(LineScanner, ALineOfExactlyTheLimitPasses) {
  EXPECT_EQ(split("abc\n", {.max_line = 3}).lines, (Strings{"abc"}));
  EXPECT_NE(split("abcd\n", {.max_line = 3}).split.newline, nullptr);
}

TEST(LineScanner, RecordsHaveAValueAndNothingElse) {
  const std::string text = "abc\n";
  sh_record record;
  const uint8_t* from = bytes(text);
  split_lines(from, from, from + 4, {}, &record, 1);
  EXPECT_EQ(record.key_len, SH_ABSENT);
  EXPECT_EQ(record.event_time_us, SH_NO_TIME);
  EXPECT_EQ(record.header_count, 0u);
  EXPECT_EQ(record.key_hash, 0u);
  EXPECT_EQ(record.reserved, 0u);
}

TEST(LineScanner, AgreesWithANaiveLoopOnRandomBytes) {
  std::mt19937 engine(7);
  const auto random = [&] { return static_cast<uint32_t>(engine()); };
  for (int round = 0; round < 3000; ++round) {
    std::string text(random() % 300, ' ');
    const unsigned density = 1 + random() % 40;
    for (char& c : text) c = "\n\rab"[random() % density == 0 ? random() % 2 : 2 + random() % 2];
    const uint32_t room = 1 + random() % 20;
    Strings expected;
    size_t at = 0;
    while (expected.size() < room) {
      const size_t end = text.find('\n', at);
      if (end == std::string::npos) break;
      std::string line = text.substr(at, end - at);
      if (!line.empty() && line.back() == '\r') line.pop_back();
      expected.push_back(line);
      at = end + 1;
    }
    const Lines result = split(text, {}, room);
    ASSERT_EQ(result.lines, expected) << "round " << round;
    ASSERT_EQ(result.rest, text.substr(at)) << "round " << round;
  }
}

}  // namespace
}  // namespace plugin_common
