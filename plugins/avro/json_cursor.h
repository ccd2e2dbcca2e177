// Reads JSON text from its front, value by value, as a schema asks for it.
#pragma once

#include <cstring>
#include <string>
#include <string_view>

namespace streamhost::avro {

// A place in a text, moving on. The text must outlive it and be valid UTF-8. Each reading function
// passes spaces first, and returns false with a problem when the text is not what was asked for.
class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text = {})
      : begin_(text.data()), at_(text.data()), end_(text.data() + text.size()) {}

  // The next character that is not a space; '\0' at the end.
  char peek() {
    if (at_<end_&& static_cast<unsigned char>(*at_)> ' ') return *at_;
    return peek_behind_spaces();
  }
  // Passes `c` when that comes next.
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  // Passes these characters when they come next, as they are.
  bool take(std::string_view text) {
    if (static_cast<size_t>(end_ - at_) < text.size() ||
        std::memcmp(at_, text.data(), text.size()) != 0) {
      return false;
    }
    at_ += text.size();
    return true;
  }
  // A string; `*text` is what it says, valid until the next string is read.
  bool string(std::string_view* text);
  // A number, as it stands in the text.
  bool number(std::string_view* text);
  // true, false or null.
  bool word(std::string_view which);
  // Passes a whole value, checked like all others.
  bool skip();

  // Only spaces are left.
  bool at_end() { return peek() == '\0' && at_ == end_; }
  const char* at() const { return at_; }
  void go(const char* place) { at_ = place; }
  // Of at(), in bytes.
  size_t offset() const { return static_cast<size_t>(at_ - begin_); }
  // After a function returned false.
  const char* problem() const { return problem_; }
  // A word or two for what comes next: "a string".
  const char* what();

 private:
  bool fail(const char* problem) {
    problem_ = problem;
    return false;
  }
  char peek_behind_spaces();
  bool escape();

  const char* begin_;
  const char* at_;
  const char* end_;
  const char* problem_ = "";
  std::string plain_;  // a string that had escapes
};

}  // namespace streamhost::avro
