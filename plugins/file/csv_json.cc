#include "csv_json.h"

#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <streamhost/sdk.hpp>

#include "common/json_number.h"
#include "common/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace file_plugin {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

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

bool is_bare_number(std::string_view text) {
  if (!plugin_common::is_json_number(text)) return false;
  if (text.find_first_of("eE") == std::string_view::npos) return true;
  // "12e4567" is more likely an identifier than a number that nothing can hold.
  double value = 0;
  return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc();
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
      const size_t size = plugin_common::utf8_length({at, static_cast<size_t>(end - at)});
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
        if (field.text == "true" || field.text == "false" || is_bare_number(field.text)) {
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
