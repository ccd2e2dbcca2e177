// JSON text, read from front to back: strict RFC 8259 in UTF-8, at most kMaxDepth levels deep.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace streamhost::protobuf {

// Throws bad_data with what is wrong and at which byte. Views of strings are good until the next
// string is read. [worker]
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  // The first character of what comes next, spaces left out; '\0' at the end.
  char peek() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return c;
      ++at_;
    }
    return '\0';
  }
  // Goes over `c` if it comes next.
  bool take(char c) {
    if (peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }
  // Goes over `c`, which must come next.
  void expect(char c);
  // What comes next must be of this kind. `what` is the kind as messages say it.
  std::string_view string(const char* what = "a string");
  std::string_view number();
  bool boolean();
  void null();
  // Any value.
  void skip() { skip(0); }
  // Nothing but spaces may follow.
  void end();

  // Where the next character is; back() returns there.
  size_t at() const { return at_; }
  void back(size_t at) { at_ = at; }

  [[noreturn]] void fail(size_t at, const std::string& what) const;
  // What comes next, shortened, for messages.
  std::string next_text();

 private:
  void literal(std::string_view word);
  std::string_view escaped_string(size_t begin);
  uint32_t hex4();
  void skip(uint32_t depth);

  std::string_view text_;
  size_t at_ = 0;
  std::string plain_;  // of the last string with escapes
};

}  // namespace streamhost::protobuf
