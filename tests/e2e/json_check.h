// Whether a text is JSON, by RFC 8259: for output that programs are to read.
#pragma once

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

namespace streamhost::testing {

class JsonCheck {
 public:
  // One value with nothing but white space around it, in UTF-8.
  static bool is_json(std::string_view text) {
    JsonCheck check{text};
    return check.value() && check.space() && check.rest_.empty() && is_utf8(text);
  }

 private:
  explicit JsonCheck(std::string_view text) : rest_(text) {}

  bool space() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
    return true;
  }
  bool take(std::string_view token) {
    if (rest_.substr(0, token.size()) != token) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  bool value() {
    space();
    if (take("{")) return members('}', true);
    if (take("[")) return members(']', false);
    if (take("\"")) return string();
    return take("true") || take("false") || take("null") || number();
  }
  bool members(char close, bool named) {
    const std::string_view end(&close, 1);
    if (space() && take(end)) return true;
    do {
      if (named && !(space() && take("\"") && string() && space() && take(":"))) return false;
      if (!value()) return false;
    } while (space() && take(","));
    return take(end);
  }
  bool string() {
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') continue;
      if (take("u")) {
        for (int i = 0; i < 4; ++i, rest_.remove_prefix(1)) {
          if (rest_.empty() || std::isxdigit(static_cast<unsigned char>(rest_[0])) == 0)
            return false;
        }
      } else if (rest_.empty() || std::string_view("\"\\/bfnrt").find(rest_[0]) == rest_.npos) {
        return false;
      } else {
        rest_.remove_prefix(1);
      }
    }
    return false;
  }
  bool digits() {
    const size_t count = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    rest_.remove_prefix(count);
    return count != 0;
  }
  bool number() {
    take("-");
    if (!take("0") && !digits()) return false;
    if (take(".") && !digits()) return false;
    if (!take("e") && !take("E")) return true;
    return (take("+") || take("-") || true) && digits();
  }
  static bool is_utf8(std::string_view text) {
    for (size_t i = 0; i < text.size();) {
      const auto lead = static_cast<unsigned char>(text[i]);
      const size_t size = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
      if (lead > 0xf4 || (lead >= 0x80 && lead < 0xc2) || i + size > text.size()) return false;
      for (size_t k = 1; k < size; ++k) {
        if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
      }
      i += size;
    }
    return true;
  }

  std::string_view rest_;
};

inline bool is_json(std::string_view text) { return JsonCheck::is_json(text); }

}  // namespace streamhost::testing
