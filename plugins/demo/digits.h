// Decimal digits, eight at a time.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace streamhost::demo {

// Writes `value`, below 100'000'000, as exactly eight digits.
inline void write_eight_digits(uint32_t value, char* to) {
  if constexpr (std::endian::native == std::endian::little) {
    // Halves the number, then the halves, then their halves, all side by side in one register;
    // division by 100 and 10 is multiplication by a rounded-up reciprocal.
    const uint64_t fours = value / 10000 | uint64_t{value % 10000} << 32;
    const uint64_t high = (fours * 10486 >> 20) & 0x0000007f0000007f;
    const uint64_t twos = high | (fours - 100 * high) << 16;
    const uint64_t tens = (twos * 103 >> 10) & 0x000f000f000f000f;
    const uint64_t digits = (tens | (twos - 10 * tens) << 8) | 0x3030303030303030;
    std::memcpy(to, &digits, 8);
  } else {
    for (int i = 7; i >= 0; --i, value /= 10) to[i] = static_cast<char>('0' + value % 10);
  }
}

// A number that only grows, kept as 24 digits with leading zeros.
class Counter {
 public:
  static constexpr uint32_t kDigits = 24;

  explicit Counter(uint64_t value) : low_(static_cast<uint32_t>(value % kUnit)) {
    set_high(value / kUnit);
    write_eight_digits(low_, text_ + 16);
    while (value >= next_width_) widen();
  }
  // `step` is at most 100'000'000.
  void add(uint32_t step) {
    low_ += step;
    if (low_ >= kUnit) {
      low_ -= static_cast<uint32_t>(kUnit);
      set_high(high_ + 1);
    }
    write_eight_digits(low_, text_ + 16);
    while (high_ * kUnit + low_ >= next_width_) widen();
  }
  // kDigits of them.
  const char* text() const { return text_; }
  // How many of them, from the right, the number has without leading zeros; at least 1.
  uint32_t width() const { return width_; }

 private:
  static constexpr uint64_t kUnit = 100'000'000;

  void set_high(uint64_t high) {
    high_ = high;
    write_eight_digits(static_cast<uint32_t>(high / kUnit), text_);
    write_eight_digits(static_cast<uint32_t>(high % kUnit), text_ + 8);
  }
  void widen() {
    ++width_;
    next_width_ = width_ < 20 ? next_width_ * 10 : UINT64_MAX;
  }

  uint32_t low_;
  uint32_t width_ = 1;
  uint64_t high_ = 0;
  uint64_t next_width_ = 10;  // the first number that is wider
  char text_[kDigits];
};

}  // namespace streamhost::demo
