#include "words.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace streamhost::text {
namespace {

using Words = std::vector<std::string>;

Words naive(const std::string& text, bool lower) {
  Words result;
  std::string word;
  for (const char c : text) {
    const auto b = static_cast<uint8_t>(c);
    if (is_word_byte(b)) {
      word.push_back(static_cast<char>(lower ? to_lower(b) : b));
    } else if (!word.empty()) {
      result.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) result.push_back(word);
  return result;
}

// The text lies in an allocation of exactly its size, so that sanitizers see a read beyond it.
Words find(const std::string& text, bool lower) {
  const auto exact = std::make_unique<uint8_t[]>(text.size());
  std::memcpy(exact.get(), text.data(), text.size());
  std::string lowered(text.size() + WordFinder::kSlack, '\0');
  auto* to = reinterpret_cast<uint8_t*>(lowered.data());
  Words result;
  WordFinder finder;
  const auto collect = [&](const uint8_t* from) {
    return [&result, from](const uint32_t* bounds, size_t count) {
      for (size_t i = 0; i < count; ++i) {
        result.emplace_back(reinterpret_cast<const char*>(from) + bounds[2 * i],
                            bounds[2 * i + 1] - bounds[2 * i]);
      }
    };
  };
  if (lower) {
    finder.find<true>(exact.get(), text.size(), to, collect(to));
  } else {
    finder.find<false>(exact.get(), text.size(), nullptr, collect(exact.get()));
  }
  return result;
}

TEST(Words, EveryByteIsClassifiedAlikeByTableAndBySimd) {
  uint8_t bytes[64], a[64], b[64];
  for (unsigned first = 0; first < 256; first += 64) {
    for (unsigned i = 0; i < 64; ++i) bytes[i] = static_cast<uint8_t>(first + i);
    EXPECT_EQ(word_mask<true>(bytes, a), portable::word_mask<true>(bytes, b)) << first;
    EXPECT_EQ(std::memcmp(a, b, 64), 0) << first;
    EXPECT_EQ(word_mask<false>(bytes, nullptr), portable::word_mask<false>(bytes, nullptr));
  }
}

TEST(Words, AreLettersDigitsUnderscoresApostrophesAndUtf8) {
  EXPECT_EQ(find("Don't panic, it_is 42 -- na\xc3\xafve!", false),
            (Words{"Don't", "panic", "it_is", "42", "na\xc3\xafve"}));
  EXPECT_EQ(find("Don't PANIC \xc3\x84", true), (Words{"don't", "panic", "\xc3\x84"}));
  EXPECT_EQ(find("", false), Words{});
  EXPECT_EQ(find(" .,;", false), Words{});
}

TEST(Words, AreFoundAtEveryLengthAsTheNaiveLoopFindsThem) {
  std::mt19937 random(7);
  const std::string alphabet = "abcXYZ09_' ,.\n\t-\xc3\xa4";
  for (size_t length = 0; length <= 300; ++length) {
    for (int round = 0; round < 20; ++round) {
      std::string text(length, ' ');
      // From hardly any to hardly no word bytes.
      const auto share = random() % 100;
      for (char& c : text) {
        c = random() % 100 < share ? ' ' : alphabet[random() % alphabet.size()];
        if (round % 4 == 3) c = static_cast<char>(random());
      }
      ASSERT_EQ(find(text, false), naive(text, false)) << length;
      ASSERT_EQ(find(text, true), naive(text, true)) << length;
    }
  }
}

TEST(Words, MayBeLongerThanAChunkAndEndWithIt) {
  for (const size_t length : {2047u, 2048u, 2049u, 4096u, 10000u}) {
    const std::string word(length, 'W');
    EXPECT_EQ(find(word, true), Words{std::string(length, 'w')});
    EXPECT_EQ(find(word + " " + word, false), (Words{word, word}));
    std::string alternating;
    for (size_t i = 0; i < length; ++i) alternating += i % 2 == 0 ? 'x' : ' ';
    EXPECT_EQ(find(alternating, false), naive(alternating, false));
  }
}

}  // namespace
}  // namespace streamhost::text
