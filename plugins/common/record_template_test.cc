#include "common/record_template.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include "common/descriptor.h"
#include "common/line_scanner.h"

namespace plugin_common {
namespace {

namespace sh = streamhost;

std::string render(const std::string& format, const std::vector<sh_record>& records) {
  const Descriptor file(::memfd_create("test", MFD_CLOEXEC));
  OutputBuffer buffer(file.get(), "f", 0);
  sh_batch batch{};
  batch.struct_size = sizeof(batch);
  batch.count = static_cast<uint32_t>(records.size());
  batch.records = records.data();
  RecordTemplate(format).write(batch, buffer);
  buffer.flush();
  std::string text(buffer.offset(), '\0');
  EXPECT_EQ(::pread(file.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  return text;
}

sh_record record(std::string_view key, std::string_view value) {
  sh_record r = value_record(sh::to_bytes(value).ptr, value.size());
  r.key = sh::to_bytes(key).ptr;
  r.key_len = static_cast<uint32_t>(key.size());
  return r;
}

std::string mistake(const std::string& format) {
  try {
    RecordTemplate made(format);
  } catch (const sh::Error& e) {
    EXPECT_EQ(e.status(), SH_E_CONFIG);
    return e.what();
  }
  return "";
}

std::string timestamp(int64_t us) {
  char text[kTimestampSize];
  return {text, write_timestamp(us, text)};
}

TEST(RecordTemplate, ValuesAloneAreWrittenALineEach) {
  EXPECT_EQ(render("{value}", {record("k", "one"), record("k", ""), record("k", "two")}),
            "one\n\ntwo\n");
}

TEST(RecordTemplate, FillsInPlaceholdersBetweenLiterals) {
  EXPECT_EQ(render("<{key}>\t{value}!", {record("a", "1"), record("b", "2")}),
            "<a>\t1!\n<b>\t2!\n");
}

TEST(RecordTemplate, DoubledBracesAreBraces) {
  EXPECT_EQ(render("{{\"k\": \"{key}\", \"v\": {value}}}", {record("a", "1")}),
            "{\"k\": \"a\", \"v\": 1}\n");
}

TEST(RecordTemplate, WhatIsAbsentIsEmpty) {
  sh_record nothing = value_record(nullptr, 0);
  nothing.value_len = SH_ABSENT;
  EXPECT_EQ(render("[{key}|{value}|{timestamp}|{header:h}]", {nothing}), "[|||]\n");
  EXPECT_EQ(render("{value}", {nothing}), "\n");
}

TEST(RecordTemplate, WritesHeadersByName) {
  sh_record r = record("k", "v");
  const sh_header headers[] = {{sh::to_bytes("a"), sh::to_bytes("1")},
                               {sh::to_bytes("b c"), sh::to_bytes("2")}};
  r.headers = headers;
  r.header_count = 2;
  EXPECT_EQ(render("{header:b c}{header:a}{header:x}", {r}), "21\n");
}

TEST(RecordTemplate, WritesEventTimesAsRfc3339) {
  sh_record r = record("k", "v");
  r.event_time_us = 1'714'557'600'000'000;
  EXPECT_EQ(render("{timestamp}", {r}), "2024-05-01T10:00:00Z\n");
}

TEST(RecordTemplate, AnEmptyFormatWritesEmptyLines) {
  EXPECT_EQ(render("", {record("k", "v"), record("k", "v")}), "\n\n");
}

TEST(RecordTemplate, LongValuesAndManyPlaceholdersAreWholeToo) {
  const std::string large(OutputBuffer::kCapacity + 5, 'x');
  EXPECT_EQ(render("{value}", {record("k", large)}), large + "\n");
  EXPECT_EQ(render("{key}={value}", {record("k", large)}), "k=" + large + "\n");
  std::string format, expected;
  for (int i = 0; i < 30; ++i) {
    format += "{key}-";
    expected += "k-";
  }
  EXPECT_EQ(render(format, {record("k", "v")}), expected + "\n");
}

TEST(RecordTemplate, MistakesAreNamedWithTheirColumn) {
  EXPECT_EQ(mistake("{key} {vlaue}"),
            "option \"format\", column 7: unknown placeholder {vlaue}; there are {key}, {value}, "
            "{timestamp} and {header:NAME}");
  EXPECT_EQ(mistake("ab{key"),
            "option \"format\", column 3: \"{\" without \"}\"; write \"{{\" for a brace");
  EXPECT_EQ(mistake("ab}"),
            "option \"format\", column 3: \"}\" without \"{\"; write \"}}\" for a brace");
  EXPECT_NE(mistake("{header:}"), "");
}

TEST(WriteTimestamp, CoversFractionsLeapDaysAndTheWholeRange) {
  EXPECT_EQ(timestamp(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(timestamp(250'000), "1970-01-01T00:00:00.25Z");
  EXPECT_EQ(timestamp(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(timestamp(951'782'400'000'000), "2000-02-29T00:00:00Z");
  EXPECT_EQ(timestamp(INT64_MAX), "294247-01-10T04:00:54.775807Z");
  EXPECT_EQ(timestamp(INT64_MIN + 1), "-290308-12-21T19:59:05.224193Z");
}

}  // namespace
}  // namespace plugin_common
