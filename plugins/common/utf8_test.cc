#include "utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace plugin_common {
namespace {

std::string encoded(uint32_t code) {
  char bytes[4];
  return {bytes, put_utf8(bytes, code)};
}

TEST(Utf8, EveryCodePointIsWrittenAndKnownAgain) {
  for (uint32_t code = 0; code <= 0x10FFFF; ++code) {
    if (code == 0xD800) code = 0xE000;
    const std::string text = encoded(code);
    ASSERT_EQ(utf8_length(text), text.size()) << code;
    ASSERT_EQ(utf8_length(text + "x"), text.size()) << code;
    for (size_t part = 0; part < text.size(); ++part) {
      ASSERT_EQ(utf8_length(text.substr(0, part)), 0u) << code;
    }
  }
  EXPECT_EQ(encoded(0x20AC), "\xE2\x82\xAC");
  EXPECT_EQ(encoded(0x1F600), "\xF0\x9F\x98\x80");
}

TEST(Utf8, WhatIsNotWellFormedHasNoLength) {
  for (const char* text :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC3(", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xE2\x82(", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_EQ(utf8_length(text), 0u) << text;
  }
}

}  // namespace
}  // namespace plugin_common
