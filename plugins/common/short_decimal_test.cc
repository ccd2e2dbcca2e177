#include "short_decimal.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <random>
#include <string>

namespace plugin_common {
namespace {

// The same by the plainest means.
std::optional<ShortDecimal> naive(std::string_view text) {
  if (text.empty() || text.size() > 8) return std::nullopt;
  const bool negative = text[0] == '-';
  const std::string_view rest = text.substr(negative ? 1 : 0);
  const size_t point = rest.find('.');
  const std::string_view whole = rest.substr(0, point);
  const std::string_view decimals = point == rest.npos ? "" : rest.substr(point + 1);
  const std::string digits = std::string(whole) + std::string(decimals);
  if (whole.empty() || (point != rest.npos && decimals.empty()) ||
      digits.find_first_not_of("0123456789") != digits.npos) {
    return std::nullopt;
  }
  const int64_t value = std::stoll(digits);
  return ShortDecimal{negative ? -value : value, static_cast<int32_t>(decimals.size()),
                      whole.size() > 1 && whole[0] == '0'};
}

void expect_as_naive(const std::string& text) {
  // An allocation of exactly its size, so that sanitizers see a read beyond it.
  const auto exact = std::make_unique<char[]>(text.size());
  std::memcpy(exact.get(), text.data(), text.size());
  ShortDecimal read{};
  const bool good = read_short_decimal({exact.get(), text.size()}, &read);
  const auto expected = naive(text);
  ASSERT_EQ(good, expected.has_value()) << '"' << text << '"';
  if (!good) return;
  EXPECT_EQ(read.digits, expected->digits) << text;
  EXPECT_EQ(read.decimals, expected->decimals) << text;
  EXPECT_EQ(read.leading_zero, expected->leading_zero) << text;
}

TEST(ShortDecimal, EveryTextOfFewCharactersIsReadAsByThePlainestMeans) {
  static constexpr std::string_view kAlphabet = "0159-./:";
  for (size_t length = 0; length <= 5; ++length) {
    std::string text(length, '0');
    for (size_t number = 0; number < size_t{1} << (3 * length); ++number) {
      for (size_t i = 0; i < length; ++i) text[i] = kAlphabet[number >> (3 * i) & 7];
      expect_as_naive(text);
    }
  }
}

TEST(ShortDecimal, LongerTextsAreReadOrRefusedAsByThePlainestMeans) {
  std::mt19937 random(3);
  static constexpr std::string_view kAlphabet = "00123456789";
  for (int round = 0; round < 200'000; ++round) {
    std::string text(6 + random() % 4, '0');
    for (char& c : text) c = kAlphabet[random() % kAlphabet.size()];
    if (random() % 2 == 0) text[0] = '-';
    if (random() % 2 == 0) text[random() % text.size()] = '.';
    if (random() % 8 == 0) text[random() % text.size()] = static_cast<char>(random());
    expect_as_naive(text);
  }
}

TEST(ShortDecimal, AnyOtherByteIsRefusedAtAnyPlace) {
  for (const std::string good : {"7", "42", "-1.5", "123.45", "-12345.6", "12345678"}) {
    for (size_t at = 0; at < good.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text = good;
        text[at] = static_cast<char>(byte);
        expect_as_naive(text);
      }
    }
  }
}

}  // namespace
}  // namespace plugin_common
