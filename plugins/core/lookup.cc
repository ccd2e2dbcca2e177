#include "lookup.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include "common/json_text.h"
#include "printable.h"

namespace streamhost::core {
namespace {

constexpr size_t kLargest = size_t{64} << 20;

[[noreturn]] void fail(const std::string& name, size_t line, const std::string& what) {
  throw config_error(name + ":" + std::to_string(line) + ": " + what);
}

std::string shown(std::string_view text) { return '"' + printable(text, 60) + '"'; }

size_t line_at(std::string_view text, size_t offset) {
  return 1 + static_cast<size_t>(std::count(
                 text.begin(), text.begin() + static_cast<ptrdiff_t>(std::min(offset, text.size())),
                 '\n'));
}

struct Field {
  std::string text;
  bool quoted = false;

  // The field as a JSON value, by the rules of file.csv.
  void append_json(std::string& to) const {
    if (!quoted && text.empty()) {
      to += "null";
    } else if (!quoted && (text == "true" || text == "false" ||
                           (text.find_first_not_of("0123456789+-.eE") == text.npos &&
                            plugin_common::is_json(text)))) {
      to += text;
    } else {
      plugin_common::append_json_string(to, text);
    }
  }
};

// Cuts a text into rows of fields.
class Rows {
 public:
  Rows(std::string_view text, const std::string& name, bool tabs)
      : text_(text), name_(name), tabs_(tabs) {}

  // Reads the next row that is not empty; false at the end.
  bool next(std::vector<Field>* fields) {
    while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) skip_line_end();
    if (at_ >= text_.size()) return false;
    row_line_ = line_;
    fields->clear();
    for (;;) {
      fields->push_back(field());
      if (at_ >= text_.size()) return true;
      if (text_[at_] == separator()) {
        ++at_;
        continue;
      }
      skip_line_end();
      return true;
    }
  }
  // The line on which the row began.
  size_t line() const { return row_line_; }

 private:
  char separator() const { return tabs_ ? '\t' : ','; }
  bool at_line_end() const {
    return at_ >= text_.size() || text_[at_] == '\n' || text_.substr(at_, 2) == "\r\n" ||
           (text_[at_] == '\r' && at_ + 1 == text_.size());
  }
  void skip_line_end() {
    if (text_[at_] == '\n') ++line_;
    ++at_;
    if (text_[at_ - 1] == '\r' && at_ < text_.size() && text_[at_] == '\n') {
      ++at_;
      ++line_;
    }
  }
  Field field() {
    if (!tabs_ && at_ < text_.size() && text_[at_] == '"') return quoted_field();
    const size_t start = at_;
    while (!at_line_end() && text_[at_] != separator()) ++at_;
    return {std::string(text_.substr(start, at_ - start))};
  }
  Field quoted_field() {
    const size_t opened = line_;
    Field value{{}, true};
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        ++at_;
        if (at_ >= text_.size() || text_[at_] != '"') {
          if (!at_line_end() && text_[at_] != separator()) {
            fail(name_, line_,
                 "after a closing quote comes a comma or the end of the line, not " +
                     shown(text_.substr(at_, 1)));
          }
          return value;
        }
      } else if (text_[at_] == '\n') {
        ++line_;
      }
      value.text += text_[at_];
    }
    fail(name_, opened, "the quote that opens this field is never closed");
  }

  std::string_view text_;
  const std::string& name_;
  bool tabs_;
  size_t at_ = 0;
  size_t line_ = 1;
  size_t row_line_ = 1;
};

}  // namespace

Lookup::Format Lookup::format_of(std::string_view option, std::string_view path) {
  if (option == "auto") {
    const size_t dot = path.rfind('.');
    option = dot == std::string_view::npos ? "" : path.substr(dot + 1);
  }
  if (option == "csv") return Format::kCsv;
  if (option == "tsv") return Format::kTsv;
  if (option == "json") return Format::kJson;
  if (option == "jsonl" || option == "ndjson") return Format::kJsonLines;
  throw config_error("the name of the lookup file " + shown(path) +
                     " does not say what is in it: set format to csv, tsv, json or jsonl");
}

Lookup Lookup::read(const std::string& path, Format format, const std::string& column) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  while (file && text.size() <= kLargest) {
    char buffer[65536];
    file.read(buffer, sizeof buffer);
    text.append(buffer, static_cast<size_t>(file.gcount()));
  }
  if (!file.eof() && text.size() <= kLargest) {
    throw config_error("cannot read the lookup file " + shown(path) + ": " +
                       (errno != 0 ? std::strerror(errno) : "not a regular file"));
  }
  if (text.size() > kLargest) {
    throw config_error("the lookup file " + shown(path) +
                       " is larger than 64 MiB, the most that every worker loads whole");
  }
  return parse(text, path, format, column);
}

Lookup Lookup::parse(std::string_view text, const std::string& name, Format format,
                     const std::string& column) {
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  Lookup lookup;
  switch (format) {
    case Format::kCsv:
    case Format::kTsv: lookup.parse_table(text, name, format, column); break;
    case Format::kJson:
      if (!column.empty()) {
        throw config_error(
            "column is for csv, tsv and jsonl; in a json file the member names are the keys");
      }
      lookup.parse_json(text, name);
      break;
    case Format::kJsonLines:
      if (column.empty()) {
        throw config_error("a jsonl lookup file needs column, the member that holds the key");
      }
      lookup.parse_json_lines(text, name, column);
      break;
  }
  return lookup;
}

std::vector<Option> Lookup::options(bool required) {
  Option path = option("path", Type::string, "the lookup file, at most 64 MiB").path();
  return {required ? std::move(path).required() : std::move(path),
          option("format", Type::string, "of the file; \"auto\" goes by its name")
              .otherwise("auto")
              .choices({"auto", "csv", "tsv", "json", "jsonl"}),
          option("column", Type::string,
                 "the column (csv, tsv; default: the first) or member (jsonl) that holds the key")};
}

void Lookup::parse_table(std::string_view text, const std::string& name, Format format,
                         const std::string& column) {
  Rows rows(text, name, format == Format::kTsv);
  std::vector<Field> header;
  if (!rows.next(&header)) fail(name, 1, "the file is empty; its first row names the columns");
  size_t key = 0;
  if (!column.empty()) {
    while (key < header.size() && header[key].text != column) ++key;
    if (key == header.size()) {
      std::string known;
      for (const Field& h : header) known += (known.empty() ? "" : ", ") + h.text;
      fail(name, rows.line(),
           "there is no column " + shown(column) + "; the columns are " + printable(known, 200));
    }
  }
  std::vector<Field> fields;
  while (rows.next(&fields)) {
    if (fields.size() != header.size()) {
      fail(name, rows.line(),
           std::to_string(fields.size()) + " fields where the header row has " +
               std::to_string(header.size()));
    }
    std::string json = "{";
    for (size_t i = 0; i < fields.size(); ++i) {
      if (i != 0) json += ',';
      plugin_common::append_json_string(json, header[i].text);
      json += ':';
      fields[i].append_json(json);
    }
    json += '}';
    add(std::move(fields[key].text), std::move(json), name, rows.line());
  }
}

void Lookup::parse_json(std::string_view text, const std::string& name) {
  plugin_common::JsonMembers members(text);
  while (members.next()) {
    add(members.name(), std::string(members.value()), name, line_at(text, members.offset()));
  }
  if (!members.done()) {
    fail(name, line_at(text, members.offset()),
         "not one valid JSON object of the form {\"key\": …}");
  }
}

void Lookup::parse_json_lines(std::string_view text, const std::string& name,
                              const std::string& column) {
  size_t line = 0;
  while (!text.empty()) {
    ++line;
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view row = plugin_common::json_trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (row.empty()) continue;
    plugin_common::JsonMembers members(row);
    std::optional<std::string> key;
    while (members.next()) {
      if (members.name() != column) continue;
      const std::string_view value = members.value();
      key = value.front() == '"' ? plugin_common::json_unescaped(value) : std::string(value);
    }
    if (!members.done()) fail(name, line, "not a valid JSON object");
    if (!key) fail(name, line, "the object has no member " + shown(column));
    add(std::move(*key), std::string(row), name, line);
  }
}

void Lookup::add(std::string key, std::string json, const std::string& name, size_t line) {
  const auto [at, added] = rows_.try_emplace(std::move(key), std::move(json));
  if (!added) fail(name, line, "the key " + shown(at->first) + " is there twice");
}

}  // namespace streamhost::core
