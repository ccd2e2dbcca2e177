// A small table read whole from a file: for each key the JSON text of what is known about it.
#pragma once

#include <streamhost/sdk.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace streamhost::core {

class Lookup {
 public:
  enum class Format {
    kCsv,        // RFC 4180 with a header row; a row becomes an object. An unquoted field that is
                 // a number, true or false stands bare, and an empty one is null
    kTsv,        // the same with tabs and without quoting
    kJson,       // one object: {"key": anything, ...}
    kJsonLines,  // one object per line
  };

  // The format by its option text or, for "auto", by the end of the file's name. Throws Error.
  static Format format_of(std::string_view option, std::string_view path);

  // Reads a file of at most 64 MiB. `column` is the column or member that holds the key; empty: the
  // first column of a CSV or TSV file. Throws Error, which names the file and the line.
  static Lookup read(const std::string& path, Format format, const std::string& column);

  // The same for a text; `name` is what errors call it.
  static Lookup parse(std::string_view text, const std::string& name, Format format,
                      const std::string& column);

  // The options of read(): `path`, `format` and `column`. A step without `path` has no file when it
  // is not `required`.
  static std::vector<Option> options(bool required = true);

  // What belongs to the key, valid as long as this is; null when the key is not in the file.
  const std::string* find(std::string_view key) const {
    const auto found = rows_.find(key);
    return found == rows_.end() ? nullptr : &found->second;
  }
  size_t size() const { return rows_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  void parse_table(std::string_view text, const std::string& name, Format format,
                   const std::string& column);
  void parse_json(std::string_view text, const std::string& name);
  void parse_json_lines(std::string_view text, const std::string& name, const std::string& column);
  void add(std::string key, std::string json, const std::string& name, size_t line);

  std::unordered_map<std::string, std::string, Hash, std::equal_to<>> rows_;
};

}  // namespace streamhost::core
