#include "find_byte.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace streamhost::text {
namespace {

size_t find(const std::string& text, char wanted) {
  // An allocation of exactly its size, so that sanitizers see a read beyond it.
  const auto exact = std::make_unique<uint8_t[]>(text.size());
  std::memcpy(exact.get(), text.data(), text.size());
  return find_byte(exact.get(), text.size(), static_cast<uint8_t>(wanted));
}

TEST(FindByte, TheFirstOneIsFoundAtEveryPlaceAndLength) {
  for (size_t size = 1; size <= 80; ++size) {
    EXPECT_EQ(find(std::string(size, 'x'), '='), size);
    for (size_t at = 0; at < size; ++at) {
      std::string text(size, 'x');
      text[at] = '=';
      EXPECT_EQ(find(text, '='), at) << size;
      text.back() = '=';
      EXPECT_EQ(find(text, '='), at) << size;
    }
  }
}

TEST(FindByte, WhatLiesBehindTheTextDoesNotCount) {
  const std::string text = "abc=defghijklmnopqrstuvwxyz=0123456789=";
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  EXPECT_EQ(find_byte(bytes, 3, '='), 3u);
  EXPECT_EQ(find_byte(bytes + 4, 20, '='), 20u);
  EXPECT_EQ(find_byte(bytes + 4, 34, '='), 23u);
}

TEST(FindByte, ATextMayEndWhereThePageDoes) {
  const size_t page = 4096;
  const std::unique_ptr<uint8_t, void (*)(void*)> memory(
      static_cast<uint8_t*>(std::aligned_alloc(page, 2 * page)), std::free);
  std::memset(memory.get(), '=', 2 * page);
  for (size_t size = 1; size <= 64; ++size) {
    uint8_t* const text = memory.get() + page - size;
    std::memset(text, 'x', size);
    EXPECT_EQ(find_byte(text, size, '='), size);
    text[size / 2] = '=';
    EXPECT_EQ(find_byte(text, size, '='), size / 2);
  }
}

}  // namespace
}  // namespace streamhost::text
