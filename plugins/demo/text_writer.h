// Appends text to memory that is known to be large enough.
#pragma once

#include <charconv>
#include <concepts>
#include <cstring>
#include <string_view>

namespace streamhost::demo {

class TextWriter {
 public:
  explicit TextWriter(char* to) : at_(to) {}

  TextWriter& operator<<(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    return *this;
  }
  template <std::integral T>
  requires(!std::same_as<T, char>) TextWriter& operator<<(T number) {
    at_ = std::to_chars(at_, at_ + 20, number).ptr;
    return *this;
  }
  TextWriter& operator<<(char c) {
    *at_++ = c;
    return *this;
  }
  char* at() const { return at_; }
  void move_to(char* at) { at_ = at; }

 private:
  char* at_;
};

}  // namespace streamhost::demo
