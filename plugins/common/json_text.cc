#include "json_text.h"

#include <cstdint>

#include "utf8.h"

namespace plugin_common {
namespace {

constexpr size_t kBad = std::string_view::npos;
constexpr int kDeepest = 256;

// Each skip_... takes the place where something begins and returns the place after it, or kBad.

size_t skip_space(std::string_view t, size_t at) {
  while (at < t.size() && (t[at] == ' ' || t[at] == '\t' || t[at] == '\n' || t[at] == '\r')) ++at;
  return at;
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

size_t skip_string(std::string_view t, size_t at) {
  if (at >= t.size() || t[at] != '"') return kBad;
  ++at;
  while (at < t.size()) {
    const auto byte = static_cast<unsigned char>(t[at]);
    if (byte == '"') return at + 1;
    if (byte < 0x20) return kBad;
    if (byte == '\\') {
      if (at + 1 >= t.size()) return kBad;
      if (t[at + 1] == 'u') {
        if (at + 6 > t.size()) return kBad;
        for (size_t i = at + 2; i < at + 6; ++i) {
          if (!is_hex(t[i])) return kBad;
        }
        at += 6;
      } else {
        if (std::string_view("\"\\/bfnrt").find(t[at + 1]) == kBad) return kBad;
        at += 2;
      }
    } else if (byte < 0x80) {
      ++at;
    } else {
      const size_t length = utf8_length(t.substr(at));
      if (length == 0) return kBad;
      at += length;
    }
  }
  return kBad;
}

size_t skip_digits(std::string_view t, size_t at) {
  while (at < t.size() && t[at] >= '0' && t[at] <= '9') ++at;
  return at;
}

size_t skip_number(std::string_view t, size_t at) {
  if (at < t.size() && t[at] == '-') ++at;
  const size_t whole = at;
  at = skip_digits(t, at);
  if (at == whole || (t[whole] == '0' && at != whole + 1)) return kBad;
  if (at < t.size() && t[at] == '.') {
    const size_t fraction = at + 1;
    at = skip_digits(t, fraction);
    if (at == fraction) return kBad;
  }
  if (at < t.size() && (t[at] == 'e' || t[at] == 'E')) {
    ++at;
    if (at < t.size() && (t[at] == '+' || t[at] == '-')) ++at;
    const size_t exponent = at;
    at = skip_digits(t, exponent);
    if (at == exponent) return kBad;
  }
  return at;
}

size_t skip_value(std::string_view t, size_t at, int depth);

// An array, or an object when `named`; `at` is after the opening bracket.
size_t skip_members(std::string_view t, size_t at, bool named, int depth) {
  const char close = named ? '}' : ']';
  at = skip_space(t, at);
  if (at < t.size() && t[at] == close) return at + 1;
  for (;;) {
    if (named) {
      at = skip_string(t, at);
      if (at == kBad) return kBad;
      at = skip_space(t, at);
      if (at >= t.size() || t[at] != ':') return kBad;
      at = skip_space(t, at + 1);
    }
    at = skip_value(t, at, depth);
    if (at == kBad) return kBad;
    at = skip_space(t, at);
    if (at >= t.size()) return kBad;
    if (t[at] == close) return at + 1;
    if (t[at] != ',') return kBad;
    at = skip_space(t, at + 1);
  }
}

size_t skip_value(std::string_view t, size_t at, int depth) {
  if (at >= t.size()) return kBad;
  const auto word = [&](std::string_view w) {
    return t.substr(at, w.size()) == w ? at + w.size() : kBad;
  };
  switch (t[at]) {
    case '"': return skip_string(t, at);
    case '{':
    case '[': return depth == kDeepest ? kBad : skip_members(t, at + 1, t[at] == '{', depth + 1);
    case 't': return word("true");
    case 'f': return word("false");
    case 'n': return word("null");
    default: return skip_number(t, at);
  }
}

uint32_t hex4(std::string_view digits) {
  uint32_t value = 0;
  for (const char c : digits.substr(0, 4)) {
    const auto u = static_cast<uint32_t>(c);
    value = value * 16 + (c <= '9' ? u - '0' : (u | 0x20u) - 'a' + 10);
  }
  return value;
}

}  // namespace

bool is_json(std::string_view text) {
  const size_t end = skip_value(text, skip_space(text, 0), 0);
  return end != kBad && skip_space(text, end) == text.size();
}

std::string_view json_trimmed(std::string_view text) {
  text.remove_prefix(skip_space(text, 0));
  const size_t last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == kBad ? 0 : last + 1);
}

void append_json_or_string(std::string& to, std::string_view value) {
  if (is_json(value)) {
    to += json_trimmed(value);
  } else {
    append_json_string(to, value);
  }
}

std::string json_unescaped(std::string_view quoted) {
  std::string text;
  if (quoted.size() < 2) return text;
  const std::string_view inner = quoted.substr(1, quoted.size() - 2);
  for (size_t at = 0; at < inner.size();) {
    if (inner[at] != '\\') {
      text += inner[at++];
      continue;
    }
    const char kind = inner[at + 1];
    at += 2;
    if (kind != 'u') {
      static constexpr std::string_view kFrom = "bfnrt";
      static constexpr std::string_view kTo = "\b\f\n\r\t";
      const size_t which = kFrom.find(kind);
      text += which == kBad ? kind : kTo[which];
      continue;
    }
    uint32_t code = hex4(inner.substr(at));
    at += 4;
    if (code >= 0xD800 && code < 0xDC00 && inner.substr(at, 2) == "\\u") {
      const uint32_t low = hex4(inner.substr(at + 2));
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        at += 6;
      }
    }
    char bytes[4];
    text.append(bytes, put_utf8(bytes, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code));
  }
  return text;
}

JsonMembers::JsonMembers(std::string_view text) : text_(text), at_(skip_space(text, 0)) {}

bool JsonMembers::next() {
  if (over_) return false;
  const bool found = advance();
  over_ = !found;
  return found;
}

bool JsonMembers::advance() {
  const auto sees = [&](char c) { return at_ < text_.size() && text_[at_] == c; };
  const auto take = [&](char c) {
    if (!sees(c)) return false;
    at_ = skip_space(text_, at_ + 1);
    return true;
  };
  if (first_ && !take('{')) return false;
  if (take('}')) {
    done_ = at_ == text_.size();
    return false;
  }
  if (!first_ && !take(',')) return false;
  const size_t name_end = skip_string(text_, at_);
  if (name_end == kBad) return false;
  name_ = text_.substr(at_, name_end - at_);
  at_ = skip_space(text_, name_end);
  if (!take(':')) return false;
  const size_t value_end = skip_value(text_, at_, 1);
  if (value_end == kBad) return false;
  value_ = text_.substr(at_, value_end - at_);
  at_ = skip_space(text_, value_end);
  first_ = false;
  return true;
}

}  // namespace plugin_common
