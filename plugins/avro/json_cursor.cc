#include "json_cursor.h"

#include <bit>
#include <cstdint>
#include <cstring>

#include "common/utf8.h"

namespace streamhost::avro {
namespace {

constexpr int kDeepest = 256;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A bit in the lowest of 8 bytes that ends a run of plain characters: a quote, a backslash, a
// control. Bits in bytes above it mean nothing.
uint64_t specials(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  const uint64_t quote = word ^ kOnes * '"', slash = word ^ kOnes * '\\';
  return (((quote - kOnes) & ~quote) | ((slash - kOnes) & ~slash) |
          ((word - kOnes * 0x20) & ~word)) &
         kHigh;
}

int hex(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The code unit of \uXXXX behind the u; -1 when there is none.
int32_t code_unit(const char* at, const char* end) {
  if (end - at < 4) return -1;
  int32_t code = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex(at[i]);
    if (digit < 0) return -1;
    code = code << 4 | digit;
  }
  return code;
}

// Where plain characters end.
const char* plain_end(const char* at, const char* end) {
  while (end - at >= 8) {
    uint64_t word;
    std::memcpy(&word, at, sizeof word);
    if (const uint64_t found = specials(word); found != 0) {
      return at + std::countr_zero(found) / 8;
    }
    at += 8;
  }
  while (at < end && *at != '"' && *at != '\\' && static_cast<uint8_t>(*at) >= 0x20) ++at;
  return at;
}

}  // namespace

char JsonCursor::peek_behind_spaces() {
  while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  return at_ < end_ ? *at_ : '\0';
}

const char* JsonCursor::what() {
  const char c = peek();
  switch (c) {
    case '"': return "a string";
    case '{': return "an object";
    case '[': return "an array";
    case 't':
    case 'f': return "a bool";
    case 'n': return "null";
    case '\0': return "the end";
    default: return c == '-' || is_digit(c) ? "a number" : "something that is not JSON";
  }
}

bool JsonCursor::string(std::string_view* text) {
  if (!take('"')) return fail("a string is missing");
  const char* const begin = at_;
  at_ = plain_end(at_, end_);
  if (at_ < end_ && *at_ == '"') {
    *text = {begin, static_cast<size_t>(at_ - begin)};
    ++at_;
    return true;
  }
  plain_.assign(begin, at_);
  while (at_ < end_ && *at_ != '"') {
    if (*at_ != '\\') return fail("a control character in a string");
    ++at_;
    if (!escape()) return false;
    const char* const more = at_;
    at_ = plain_end(at_, end_);
    plain_.append(more, at_);
  }
  if (at_ == end_) return fail("a string does not end");
  ++at_;
  *text = plain_;
  return true;
}

bool JsonCursor::escape() {
  if (at_ == end_) return fail("a string does not end");
  constexpr std::string_view kFrom = "\"\\/bfnrt", kTo = "\"\\/\b\f\n\r\t";
  const char kind = *at_++;
  if (kind != 'u') {
    const size_t which = kFrom.find(kind);
    if (which == kFrom.npos) return fail("an unknown escape in a string");
    plain_ += kTo[which];
    return true;
  }
  const int32_t code = code_unit(at_, end_);
  if (code < 0) return fail("an unknown escape in a string");
  at_ += 4;
  auto character = static_cast<uint32_t>(code);
  if (code >= 0xD800 && code < 0xE000) {
    const int32_t low =
        end_ - at_ >= 6 && at_[0] == '\\' && at_[1] == 'u' ? code_unit(at_ + 2, end_) : -1;
    if (code >= 0xDC00 || low < 0xDC00 || low >= 0xE000) {
      return fail("half of a surrogate pair in a string");
    }
    at_ += 6;
    character = static_cast<uint32_t>(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00));
  }
  char bytes[4];
  plain_.append(bytes, plugin_common::put_utf8(bytes, character));
  return true;
}

bool JsonCursor::number(std::string_view* text) {
  peek();
  const char* at = at_;
  const auto digits = [&] {
    const char* const from = at;
    while (at < end_ && is_digit(*at)) ++at;
    return at != from;
  };
  if (at < end_ && *at == '-') ++at;
  const char* const first = at;
  if (!digits()) return fail("a number is missing");
  if (*first == '0' && at - first > 1) return fail("a number begins with 0");
  if (at < end_ && *at == '.') {
    ++at;
    if (!digits()) return fail("a number ends with its point");
  }
  if (at < end_ && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at < end_ && (*at == '+' || *at == '-')) ++at;
    if (!digits()) return fail("a number ends within its exponent");
  }
  *text = {at_, static_cast<size_t>(at - at_)};
  at_ = at;
  return true;
}

bool JsonCursor::word(std::string_view which) {
  peek();
  if (static_cast<size_t>(end_ - at_) < which.size() ||
      std::string_view(at_, which.size()) != which) {
    return fail("a value is missing");
  }
  at_ += which.size();
  return true;
}

bool JsonCursor::skip() {
  // Closing brackets of what is open.
  char open[kDeepest];
  int depth = 0;
  std::string_view text;
  while (true) {
    bool opened = false;
    switch (peek()) {
      case '"':
        if (!string(&text)) return false;
        break;
      case '{':
      case '[':
        if (depth == kDeepest) return fail("values are nested too deeply");
        open[depth++] = static_cast<char>(*at_++ + 2);
        opened = true;
        break;
      case 't':
        if (!word("true")) return false;
        break;
      case 'f':
        if (!word("false")) return false;
        break;
      case 'n':
        if (!word("null")) return false;
        break;
      default:
        if (!number(&text)) return fail("a value is missing");
    }
    while (depth > 0 && take(open[depth - 1])) {
      --depth;
      opened = false;
    }
    if (depth == 0) return true;
    if (!opened && !take(',')) return fail("a comma or a closing bracket is missing");
    if (open[depth - 1] == '}') {
      if (!string(&text)) return fail("a field's name is missing");
      if (!take(':')) return fail("a colon is missing");
    }
  }
}

}  // namespace streamhost::avro
