#include "saved.h"

#include <cmath>

#include "common/json_text.h"

namespace streamhost::agg {

void append_number(std::string& to, uint64_t value) {
  for (; value >= 0x80; value >>= 7) to += static_cast<char>(value | 0x80);
  to += static_cast<char>(value);
}

void append_text(std::string& to, std::string_view value) {
  append_number(to, value.size());
  to += value;
}

void Saving::integer(int64_t value) {
  number(static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63));
}

void Saving::real(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  for (int i = 0; i < 8; ++i) byte(static_cast<uint8_t>(bits >> (8 * i)));
}

void Loading::refuse(const std::string& why) const {
  throw state_error(std::string("a saved state of ") + component_ + " cannot be used: " + why);
}

std::string_view Loading::raw(size_t size) {
  if (size > rest_.size()) refuse("it is cut short");
  const std::string_view bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return bytes;
}

uint8_t Loading::byte() { return static_cast<uint8_t>(raw(1)[0]); }

uint64_t Loading::number() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint64_t b = byte();
    if (shift == 63 && b > 1) break;
    value |= (b & 0x7F) << shift;
    if (b < 0x80) return value;
  }
  refuse("it holds a number beyond 64 bits");
}

uint64_t Loading::number(uint64_t most, const char* what) {
  const uint64_t value = number();
  if (value > most) {
    refuse("it says " + std::to_string(value) + " " + what + ", where " + std::to_string(most) +
           " is the most");
  }
  return value;
}

int64_t Loading::integer() {
  const uint64_t folded = number();
  return static_cast<int64_t>(folded >> 1 ^ (0 - (folded & 1)));
}

double Loading::real() {
  uint64_t bits = 0;
  for (int i = 0; i < 8; ++i) bits |= uint64_t{byte()} << (8 * i);
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

double Loading::finite() {
  const double value = real();
  if (!std::isfinite(value)) refuse("it holds a number that is not finite");
  return value;
}

std::string_view Loading::text() { return raw(number()); }

std::string_view Loading::json() {
  const std::string_view value = text();
  if (!plugin_common::is_json(value)) refuse("it holds a value that is not JSON");
  return value;
}

void Loading::done() {
  if (!rest_.empty()) {
    refuse("there are " + std::to_string(rest_.size()) + " bytes behind its end");
  }
}

}  // namespace streamhost::agg
