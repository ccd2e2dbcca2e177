// The bytes of saved states: small numbers take few bytes, and reading them back trusts nothing.
//
//   number   = 7 bits a byte, lowest first, the top bit set on all but the last byte
//   integer  = number of (value << 1) ^ (value >> 63)
//   double   = 8 bytes, little-endian IEEE 754
//   text     = number of bytes, bytes
#pragma once

#include <streamhost/sdk.hpp>

#include <string>
#include <string_view>

namespace streamhost::agg {

// Append a number, a text.
void append_number(std::string& to, uint64_t value);
void append_text(std::string& to, std::string_view value);

// Writes one state.
class Saving {
 public:
  void byte(uint8_t value) { bytes_ += static_cast<char>(value); }
  void number(uint64_t value) { append_number(bytes_, value); }
  void integer(int64_t value);
  void real(double value);
  void text(std::string_view value) { append_text(bytes_, value); }
  void raw(std::string_view bytes) { bytes_ += bytes; }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Reads one state. Every call throws state_error, naming the component, when the bytes cannot be
// what its save() wrote.
class Loading {
 public:
  // Both must outlive this; `component` is a name like "agg.sum".
  Loading(std::string_view bytes, const char* component) : rest_(bytes), component_(component) {}

  uint8_t byte();
  uint64_t number();
  // At most `most`; `what` says of what it is the number.
  uint64_t number(uint64_t most, const char* what);
  int64_t integer();
  double real();    // finite or not
  double finite();  // refuses infinities and NaN
  std::string_view text();
  // A text that is one JSON value.
  std::string_view json();
  std::string_view raw(size_t size);
  bool at_end() const { return rest_.empty(); }
  // Nothing may be left.
  void done();
  [[noreturn]] void refuse(const std::string& why) const;

 private:
  std::string_view rest_;
  const char* component_;
};

}  // namespace streamhost::agg
