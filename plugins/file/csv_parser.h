// Finds the fields of a CSV row (RFC 4180) in memory, without copying them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace file_plugin {

struct CsvField {
  std::string_view text;  // between the quotes, if it has any
  bool quoted = false;
  bool doubled = false;  // holds "" that stand for "

  // The field's content.
  std::string content() const;
};

struct CsvRow {
  std::vector<CsvField> fields;
  const char* next = nullptr;     // behind the row and its line end
  uint64_t lines = 0;             // line ends up to `next`
  const char* problem = nullptr;  // kBad: what is wrong, in field `fields.size() + 1`
};

// What parse() found at the place it looked at.
enum class CsvFound {
  kRow,         // a row
  kEmpty,       // a line with nothing on it
  kIncomplete,  // the beginning of a row, or nothing at all
  kBad          // no row: CsvRow::problem; `next` and `lines` are not set
};

// Fields are parted by the delimiter; a field may stand in double quotes and then hold delimiters,
// line ends and doubled quotes. A row ends with "\n" or "\r\n". A quote inside a field that does
// not begin with one is taken as it is.
class CsvParser {
 public:
  explicit CsvParser(char delimiter) : delimiter_(delimiter) {}

  // Parses one row at `from`. `last`: nothing comes after `end`, where a row then ends too. The
  // fields point into [from, end).
  CsvFound parse(const char* from, const char* end, bool last, CsvRow& row) const;

 private:
  const char* find_end(const char* from, const char* end) const;

  char delimiter_;
};

}  // namespace file_plugin
