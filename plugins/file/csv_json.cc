#include "csv_json.h"

#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <streamhost/sdk.hpp>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace file_plugin {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The length of the UTF-8 sequence at `at`, whose first byte is not ASCII; 0 when it is not one.
size_t sequence(const char* at, const char* end) {
  const auto byte = [&](int i) { return static_cast<uint8_t>(at[i]); };
  const auto rest = static_cast<size_t>(end - at);
  const auto follows = [&](int i) { return (byte(i) & 0xC0) == 0x80; };
  const uint8_t first = byte(0);
  if (first >= 0xC2 && first <= 0xDF) return rest >= 2 && follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (rest < 3 || !follows(1) || !follows(2)) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;   // could be shorter
    if (first == 0xED && byte(1) >= 0xA0) return 0;  // a surrogate
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (rest < 4 || !follows(1) || !follows(2) || !follows(3)) return 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0;   // could be shorter
    if (first == 0xF4 && byte(1) >= 0x90) return 0;  // beyond U+10FFFF
    return 4;
  }
  return 0;
}

char* escape(char c, char* to) {
  *to++ = '\\';
  switch (c) {
    case '"': *to++ = '"'; return to;
    case '\\': *to++ = '\\'; return to;
    case '\n': *to++ = 'n'; return to;
    case '\r': *to++ = 'r'; return to;
    case '\t': *to++ = 't'; return to;
    default: break;
  }
  std::memcpy(to, "u00", 3);
  to[3] = static_cast<char>('0' + (c >> 4));
  to[4] = "0123456789abcdef"[c & 15];
  return to + 5;
}

char* copy(std::string_view from, char* to) {
  std::memcpy(to, from.data(), from.size());
  return to + from.size();
}

}  // namespace

bool is_json_number(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto digits = [&] {
    const char* const from = at;
    while (at != end && is_digit(*at)) ++at;
    return at != from;
  };
  if (at != end && *at == '-') ++at;
  if (at != end && *at == '0') {
    ++at;
  } else if (!digits()) {
    return false;
  }
  if (at != end && *at == '.') {
    ++at;
    if (!digits()) return false;
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end && (*at == '+' || *at == '-')) ++at;
    if (!digits() || at != end) return false;
    // "12e4567" is more likely an identifier than a number that nothing can hold.
    double value = 0;
    return std::from_chars(text.data(), end, value).ec == std::errc();
  }
  return at == end;
}

char* append_json_string(std::string_view text, char* to) {
  const char* at = text.data();
  const char* const end = at + text.size();
  *to++ = '"';
  while (at != end) {
#ifdef __SSE2__
    while (end - at >= 16) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
      // As signed bytes, those of multi-byte characters are below the space too.
      const __m128i special =
          _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')),
                       _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                    _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
      const auto mask = static_cast<uint32_t>(_mm_movemask_epi8(special));
      const int plain = mask == 0 ? 16 : std::countr_zero(mask);
      at += plain;
      to += plain;
      if (mask != 0) break;
    }
    if (at == end) break;
#endif
    const auto byte = static_cast<uint8_t>(*at);
    if (byte >= 0x80) {
      const size_t size = sequence(at, end);
      if (size == 0) return nullptr;
      to = copy({at, size}, to);
      at += size;
    } else if (byte < 0x20 || byte == '"' || byte == '\\') {
      to = escape(*at++, to);
    } else {
      *to++ = *at++;
    }
  }
  *to++ = '"';
  return to;
}

CsvJson::CsvJson(const std::vector<std::string>& columns, bool infer) : infer_(infer) {
  for (const std::string& column : columns) {
    std::string prefix(json_string_bound(column.size()) + 2, prefixes_.empty() ? '{' : ',');
    char* end = append_json_string(column, prefix.data() + 1);
    if (end == nullptr) {
      throw streamhost::bad_data("the name of column " + std::to_string(prefixes_.size() + 1) +
                                 " is not UTF-8");
    }
    *end++ = ':';
    prefix.resize(static_cast<size_t>(end - prefix.data()));
    fixed_ += prefix.size();
    prefixes_.push_back(std::move(prefix));
  }
}

size_t CsvJson::bound(const CsvRow& row) const {
  size_t size = fixed_;
  for (const CsvField& field : row.fields) size += json_string_bound(field.text.size());
  return size;
}

char* CsvJson::append(const CsvRow& row, char* to, size_t& bad) const {
  for (size_t i = 0; i < row.fields.size(); ++i) {
    const CsvField& field = row.fields[i];
    to = copy(prefixes_[i], to);
    if (infer_ && !field.quoted) {
      if (field.text.empty()) {
        to = copy("null", to);
        continue;
      }
      const char first = field.text[0];
      if (is_digit(first) || first == '-' || first == 't' || first == 'f') {
        if (field.text == "true" || field.text == "false" || is_json_number(field.text)) {
          to = copy(field.text, to);
          continue;
        }
      }
    }
    to = field.doubled ? append_json_string(field.content(), to)
                       : append_json_string(field.text, to);
    if (to == nullptr) {
      bad = i;
      return nullptr;
    }
  }
  *to++ = '}';
  return to;
}

}  // namespace file_plugin
