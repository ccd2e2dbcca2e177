#include "csv_parser.h"

#include <algorithm>
#include <bit>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace file_plugin {
namespace {

const char* find(const char* from, const char* end, char wanted) {
  if (from == end) return end;
  const void* found = std::memchr(from, wanted, static_cast<size_t>(end - from));
  return found == nullptr ? end : static_cast<const char*>(found);
}

}  // namespace

std::string CsvField::content() const {
  std::string result(text);
  if (doubled) {
    size_t to = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      result[to++] = text[i];
      if (text[i] == '"') ++i;
    }
    result.resize(to);
  }
  return result;
}

// The first delimiter or newline, or `end`.
const char* CsvParser::find_end(const char* from, const char* end) const {
#ifdef __SSE2__
  const __m128i delimiter = _mm_set1_epi8(delimiter_), newline = _mm_set1_epi8('\n');
  for (; end - from >= 16; from += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    const auto mask = static_cast<uint32_t>(_mm_movemask_epi8(
        _mm_or_si128(_mm_cmpeq_epi8(bytes, delimiter), _mm_cmpeq_epi8(bytes, newline))));
    if (mask != 0) return from + std::countr_zero(mask);
  }
#endif
  while (from != end && *from != delimiter_ && *from != '\n') ++from;
  return from;
}

CsvFound CsvParser::parse(const char* from, const char* end, bool last, CsvRow& row) const {
  row.fields.clear();
  row.lines = 0;
  if (from == end) return CsvFound::kIncomplete;
  if (*from == '\n' || (*from == '\r' && end - from > 1 && from[1] == '\n')) {
    row.next = from + (*from == '\n' ? 1 : 2);
    row.lines = 1;
    return CsvFound::kEmpty;
  }
  for (const char* at = from;;) {
    CsvField field;
    const char* field_end;
    if (at != end && *at == '"') {
      field.quoted = true;
      const char* quote = at + 1;
      for (;; quote += 2) {
        quote = find(quote, end, '"');
        if (quote == end && !last) return CsvFound::kIncomplete;
        if (quote == end) {
          row.problem = "the quoted field does not end";
          return CsvFound::kBad;
        }
        if (quote + 1 == end && !last) return CsvFound::kIncomplete;
        if (quote + 1 == end || quote[1] != '"') break;
        field.doubled = true;
      }
      field.text = {at + 1, static_cast<size_t>(quote - at - 1)};
      row.lines += static_cast<uint64_t>(std::count(at, quote, '\n'));
      field_end = quote + 1;
      // After the quote only the field's end may come.
      const char* after = field_end;
      if (after != end && *after == '\r') ++after;
      if (after == end && !last) return CsvFound::kIncomplete;
      const bool line_end = after == end ? after == field_end : *after == '\n';
      if (!line_end && *field_end != delimiter_) {
        row.problem = "text after the closing quote";
        return CsvFound::kBad;
      }
      if (line_end) field_end = after;
    } else {
      field_end = find_end(at, end);
      if (field_end == end && !last) return CsvFound::kIncomplete;
      field.text = {at, static_cast<size_t>(field_end - at)};
      const bool line_end = field_end != end && *field_end == '\n';
      if (line_end && field_end > at && field_end[-1] == '\r') field.text.remove_suffix(1);
    }
    row.fields.push_back(field);
    if (field_end != end && *field_end == delimiter_) {
      at = field_end + 1;
      continue;
    }
    row.next = field_end;
    if (field_end != end) {
      ++row.next;
      ++row.lines;
    }
    return CsvFound::kRow;
  }
}

}  // namespace file_plugin
