#include "manifest/toml_reader.h"

#include <algorithm>
#include <tuple>

#include "base/calendar.h"
#include "base/json_text.h"
#include "manifest/toml_library.h"

namespace streamhost {
namespace {

// The TOML library follows dotted keys without a limit, and takes tables apart recursively: a line
// of nothing but dots would overflow the stack.
constexpr size_t kMaxDotsInLine = 500;

using File = std::shared_ptr<const std::string>;

Location place(const File& file, const toml::source_position& position) {
  return {file, static_cast<uint32_t>(position.line), static_cast<uint32_t>(position.column)};
}

// -- Values ---------------------------------------------------------------------------------------

int64_t microseconds(const toml::date_time& time) {
  const int64_t days = days_from_civil({time.date.year, time.date.month, time.date.day});
  const int64_t minutes =
      time.time.hour * 60 + time.time.minute - (time.offset ? time.offset->minutes : 0);
  const int64_t seconds = days * 86'400 + minutes * 60 + time.time.second;
  return seconds * 1'000'000 + time.time.nanosecond / 1000;
}

Value convert(const toml::node& node, const File& file, Diagnostics& diagnostics);

std::vector<std::pair<std::string, Value>> convert_table(const toml::table& table, const File& file,
                                                         Diagnostics& diagnostics) {
  std::vector<std::pair<std::string, Value>> entries;
  for (const auto& [key, node] : table) {
    Value value = convert(node, file, diagnostics);
    value.key_where = place(file, key.source().begin);
    entries.emplace_back(std::string(key.str()), std::move(value));
  }
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    const Location& x = a.second.key_where;
    const Location& y = b.second.key_where;
    return std::tie(x.line, x.column) < std::tie(y.line, y.column);
  });
  return entries;
}

Value convert(const toml::node& node, const File& file, Diagnostics& diagnostics) {
  constexpr const char* kLocal =
      "a date or time without an offset names no moment: write 2024-05-01T10:00:00Z, or +02:00 in "
      "place of Z";
  Value value;
  value.where = place(file, node.source().begin);
  switch (node.type()) {
    case toml::node_type::string:
      value.kind = Value::Kind::kString;
      value.string = **node.as_string();
      break;
    case toml::node_type::integer:
      value.kind = Value::Kind::kInteger;
      value.integer = **node.as_integer();
      break;
    case toml::node_type::floating_point:
      value.kind = Value::Kind::kFloat;
      value.floating = **node.as_floating_point();
      break;
    case toml::node_type::boolean:
      value.kind = Value::Kind::kBool;
      value.boolean = **node.as_boolean();
      break;
    case toml::node_type::date_time:
      value.kind = Value::Kind::kTime;
      if (!node.as_date_time()->get().offset) diagnostics.error(value.where, kLocal);
      value.integer = microseconds(**node.as_date_time());
      break;
    case toml::node_type::date:
    case toml::node_type::time:
      value.kind = Value::Kind::kTime;
      diagnostics.error(value.where, kLocal);
      break;
    case toml::node_type::array:
      value.kind = Value::Kind::kList;
      for (const toml::node& item : *node.as_array()) {
        value.list.push_back(convert(item, file, diagnostics));
      }
      break;
    case toml::node_type::table:
      value.kind = Value::Kind::kTable;
      value.table = convert_table(*node.as_table(), file, diagnostics);
      break;
    case toml::node_type::none: break;  // no parsed node is without a type
  }
  return value;
}

// -- Mistakes -------------------------------------------------------------------------------------

std::string_view trimmed(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// True for `key = ...`.
bool assigns(std::string_view line, std::string_view key) {
  line = trimmed(line);
  return line.starts_with(key) && trimmed(line.substr(key.size())).starts_with('=');
}

// The text between the first and the last `'`.
std::string_view quoted_part(std::string_view text) {
  const size_t first = text.find('\'');
  const size_t last = text.rfind('\'');
  return first == last ? std::string_view() : text.substr(first + 1, last - first - 1);
}

// "; the first is in line 3", for the earlier of two tables with this header.
std::string first_table(const std::vector<std::string_view>& lines, size_t line,
                        std::string_view name) {
  const std::string header = "[" + std::string(name) + "]";
  for (size_t i = 0; i + 1 < std::min(line, lines.size() + 1); ++i) {
    if (trimmed(lines[i]).starts_with(header)) {
      return "; the first is in line " + std::to_string(i + 1);
    }
  }
  return {};
}

// The same for a key of the table that line `line` (from 1) belongs to.
std::string first_key(const std::vector<std::string_view>& lines, size_t line,
                      std::string_view key) {
  for (size_t i = std::min(line, lines.size() + 1) - 1; i-- > 0;) {
    if (assigns(lines[i], key)) return "; the first is in line " + std::to_string(i + 1);
    if (trimmed(lines[i]).starts_with('[')) break;
  }
  return {};
}

// The library's message in words that stand well behind "job.toml:3:1: error: ".
void report(const toml::parse_error& mistake, std::string_view text, const File& file,
            Diagnostics& diagnostics) {
  constexpr std::string_view kPrefix = "Error while parsing ";
  Location where = place(file, mistake.source().begin);
  std::string_view reason = mistake.description();
  std::string_view scope;
  if (reason.starts_with(kPrefix)) {
    reason.remove_prefix(kPrefix.size());
    const size_t colon = reason.find(": ");
    if (colon != std::string_view::npos) {
      scope = reason.substr(0, colon);
      reason.remove_prefix(colon + 2);
    }
  }
  const std::vector<std::string_view> lines = lines_of(text);
  const bool again = reason.starts_with("cannot redefine existing ");
  const std::string_view name = quoted_part(reason);
  if (again && scope == "table header" && reason.ends_with("'")) {
    diagnostics.error(where, "table [" + std::string(name) + "] is given twice" +
                                 first_table(lines, where.line, name));
    return;
  }
  if (again && scope == "key-value pair" && reason.ends_with("'")) {
    // The library points behind the value.
    if (where.line <= lines.size() && assigns(lines[where.line - 1], name)) {
      where.column = static_cast<uint32_t>(lines[where.line - 1].find_first_not_of(" \t") + 1);
    }
    diagnostics.error(where, json_string(name) + " is given twice in one table" +
                                 first_key(lines, where.line, name));
    return;
  }
  if (reason == "encountered end-of-file") reason = "the text ends too early";
  if (reason.starts_with("unescaped control characters")) {
    reason = "the line or the text ends within a string, or a control character stands in it";
  }
  std::string message = "this is not TOML: " + std::string(reason);
  if (!scope.empty()) {
    const bool vowel = std::string_view("aeiou").find(scope.front()) != std::string_view::npos;
    message += (vowel ? " (in an " : " (in a ") + std::string(scope) + ")";
  }
  diagnostics.error(where, std::move(message));
}

// Finds what the library would not survive; true when the text may be given to it.
bool harmless(std::string_view text, const File& file, Diagnostics& diagnostics) {
  if (text.size() > kMaxManifestBytes) {
    diagnostics.error({file, 0, 0},
                      "this is too large for a manifest: " + std::to_string(text.size()) +
                          " bytes, at most " + std::to_string(kMaxManifestBytes) + " are read");
    return false;
  }
  uint32_t line = 1;
  size_t dots = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') {
      ++line;
      dots = 0;
    } else if (text[i] == '.' && ++dots > kMaxDotsInLine) {
      diagnostics.error({file, line, 0}, "this line has more than " +
                                             std::to_string(kMaxDotsInLine) +
                                             " dots: no key is as long, and a text can be written "
                                             "over several lines");
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<Value> read_toml(std::string_view text, const File& file, Diagnostics& diagnostics) {
  if (!harmless(text, file, diagnostics)) return std::nullopt;
  const toml::parse_result result = toml::parse(text, std::string_view(*file));
  if (result.failed()) {
    report(result.error(), text, file, diagnostics);
    return std::nullopt;
  }
  Value root;
  root.kind = Value::Kind::kTable;
  root.where = {file, 1, 1};
  root.table = convert_table(result.table(), file, diagnostics);
  return root;
}

}  // namespace streamhost
