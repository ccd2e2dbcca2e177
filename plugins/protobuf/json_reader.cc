#include "json_reader.h"

#include <streamhost/sdk.hpp>

#include "common/utf8.h"
#include "wire.h"

namespace streamhost::protobuf {

void JsonReader::fail(size_t at, const std::string& what) const {
  throw bad_data("at byte " + std::to_string(at) + ": " + what);
}

std::string JsonReader::next_text() {
  if (peek() == '\0' && at_ >= text_.size()) return "the end of the text";
  const auto first = static_cast<uint8_t>(text_[at_]);
  if (first < 0x20 || first >= 0x7F) return "byte " + std::to_string(first);
  size_t size = 1;
  while (size < 20 && at_ + size < text_.size() && text_[at_ + size] > ' ' &&
         std::string_view(",]}").find(text_[at_ + size]) == std::string_view::npos) {
    ++size;
  }
  return std::string(text_.substr(at_, size));
}

void JsonReader::expect(char c) {
  if (!take(c)) fail(at_, std::string("expected ") + c + ", found " + next_text());
}

std::string_view JsonReader::string(const char* what) {
  if (peek() != '"') fail(at_, std::string("expected ") + what + ", found " + next_text());
  const size_t begin = ++at_;
  while (at_ < text_.size()) {
    const auto byte = static_cast<uint8_t>(text_[at_]);
    if (byte == '"') return text_.substr(begin, at_++ - begin);
    if (byte == '\\') return escaped_string(begin);
    if (byte < 0x20) fail(at_, "a control character stands in a string");
    if (byte < 0x80) {
      ++at_;
      continue;
    }
    const size_t length = plugin_common::utf8_length(text_.substr(at_, 4));
    if (length == 0) fail(at_, "the text is not UTF-8");
    at_ += length;
  }
  fail(begin - 1, "a string does not end");
}

std::string_view JsonReader::escaped_string(size_t begin) {
  plain_ = text_.substr(begin, at_ - begin);
  while (at_ < text_.size()) {
    const auto byte = static_cast<uint8_t>(text_[at_]);
    if (byte == '"') {
      ++at_;
      return plain_;
    }
    if (byte < 0x20) fail(at_, "a control character stands in a string");
    if (byte != '\\') {
      const size_t length = byte < 0x80 ? 1 : plugin_common::utf8_length(text_.substr(at_, 4));
      if (length == 0) fail(at_, "the text is not UTF-8");
      plain_ += text_.substr(at_, length);
      at_ += length;
      continue;
    }
    const size_t escape = at_++;
    const char c = at_ < text_.size() ? text_[at_++] : '\0';
    switch (c) {
      case '"':
      case '\\':
      case '/': plain_ += c; break;
      case 'b': plain_ += '\b'; break;
      case 'f': plain_ += '\f'; break;
      case 'n': plain_ += '\n'; break;
      case 'r': plain_ += '\r'; break;
      case 't': plain_ += '\t'; break;
      case 'u': {
        uint32_t code = hex4();
        if (code >= 0xDC00 && code < 0xE000) fail(escape, "a surrogate stands alone");
        if (code >= 0xD800 && code < 0xDC00) {
          if (text_.substr(at_, 2) != "\\u") fail(escape, "a surrogate stands alone");
          at_ += 2;
          const uint32_t low = hex4();
          if (low < 0xDC00 || low >= 0xE000) fail(escape, "a surrogate stands alone");
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        }
        char bytes[4];
        plain_.append(bytes, plugin_common::put_utf8(bytes, code));
        break;
      }
      default: fail(escape, "JSON has no such escape");
    }
  }
  fail(begin - 1, "a string does not end");
}

uint32_t JsonReader::hex4() {
  uint32_t code = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<uint32_t>(c - '0');
    } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
      digit = static_cast<uint32_t>((c | 0x20) - 'a') + 10;
    } else {
      fail(at_, "\\u takes four hexadecimal digits");
    }
    code = code << 4 | digit;
  }
  return code;
}

std::string_view JsonReader::number() {
  const char first = peek();
  const size_t begin = at_;
  if (first != '-' && (first < '0' || first > '9')) {
    fail(at_, "expected a number, found " + next_text());
  }
  const auto digits = [&] {
    const size_t from = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ - from;
  };
  const auto is = [&](char a, char b) {
    return at_ < text_.size() && (text_[at_] == a || text_[at_] == b);
  };
  if (first == '-') ++at_;
  const bool zero = is('0', '0');
  const size_t whole = digits();
  bool good = whole == 1 || (whole > 1 && !zero);
  if (good && is('.', '.')) {
    ++at_;
    good = digits() != 0;
  }
  if (good && is('e', 'E')) {
    ++at_;
    if (is('+', '-')) ++at_;
    good = digits() != 0;
  }
  if (!good) {
    at_ = begin;
    fail(begin, next_text() + " is no number of JSON");
  }
  return text_.substr(begin, at_ - begin);
}

void JsonReader::literal(std::string_view word) {
  peek();
  if (text_.substr(at_, word.size()) != word) {
    fail(at_, "expected " + std::string(word) + ", found " + next_text());
  }
  at_ += word.size();
}

bool JsonReader::boolean() {
  const char c = peek();
  if (c != 't' && c != 'f') fail(at_, "expected true or false, found " + next_text());
  literal(c == 't' ? "true" : "false");
  return c == 't';
}

void JsonReader::null() { literal("null"); }

void JsonReader::skip(uint32_t depth) {
  if (depth > kMaxDepth) fail(at_, "more than " + std::to_string(kMaxDepth) + " levels deep");
  switch (peek()) {
    case '"': string(); return;
    case '{':
      ++at_;
      if (take('}')) return;
      do {
        string("a name");
        expect(':');
        skip(depth + 1);
      } while (take(','));
      return expect('}');
    case '[':
      ++at_;
      if (take(']')) return;
      do {
        skip(depth + 1);
      } while (take(','));
      return expect(']');
    case 't':
    case 'f': boolean(); return;
    case 'n': return null();
    default: {
      const char c = peek();
      if (c != '-' && (c < '0' || c > '9')) fail(at_, "expected a value, found " + next_text());
      number();
    }
  }
}

void JsonReader::end() {
  if (peek() != '\0' || at_ < text_.size())
    fail(at_, "more stands behind the value: " + next_text());
}

}  // namespace streamhost::protobuf
