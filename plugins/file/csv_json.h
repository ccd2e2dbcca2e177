// Writes CSV rows as JSON objects.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "csv_parser.h"

namespace file_plugin {

// True when `text` can stand in JSON as a number whose value a double can hold.
bool is_bare_number(std::string_view text);

// The most bytes that `size` bytes of text take as a JSON string; append_json_string may write
// that many, however few it keeps.
constexpr size_t json_string_bound(size_t size) { return size * 6 + 2 + 16; }
// Writes `text` as a JSON string with its quotes. Returns the end, or null when it is not UTF-8.
char* append_json_string(std::string_view text, char* to);

class CsvJson {
 public:
  // With `infer`, an unquoted field that is a number or true or false stands bare, and an empty one
  // is null; otherwise every field is a string. Throws streamhost::Error (data) when a name is not
  // UTF-8.
  CsvJson(const std::vector<std::string>& columns, bool infer);

  // Room that append() needs for this row, which has as many fields as there are columns.
  size_t bound(const CsvRow& row) const;
  // Writes the row as an object. Returns the end, or null when a field is not UTF-8: then `bad` is
  // its index.
  char* append(const CsvRow& row, char* to, size_t& bad) const;

 private:
  std::vector<std::string> prefixes_;  // `{"a":`, `,"b":`, ...
  size_t fixed_ = 1;
  bool infer_;
};

}  // namespace file_plugin
