#include "csv_source.h"

namespace file_plugin {

namespace sh = streamhost;

CsvOptions::CsvOptions(const sh::Config& config)
    : path(config.str("path")),
      header(config.flag("header")),
      columns(config.list("columns")),
      infer(config.find("types") == "infer"),
      max_row(static_cast<uint64_t>(config.integer("max_row", 1 << 20))) {
  const std::string text = config.str("delimiter");
  if (text.size() != 1 || text == "\"" || text == "\n" || text == "\r") {
    throw sh::config_error("`delimiter` must be one ASCII character, and not a quote or line end");
  }
  delimiter = text[0];
  if (!header && columns.empty()) {
    throw sh::config_error(
        "with `header = false` the names of the columns have to be given: "
        "columns = [\"…\", …]");
  }
}

std::unique_ptr<CsvPartition> CsvSource::open(std::string_view name,
                                              std::optional<std::string_view> resume) {
  std::optional<Position> position;
  if (resume) position = parse_position(*resume, std::string(name));
  return std::make_unique<CsvPartition>(ctx_, options_, std::string(name), position);
}

sh::Component csv_source() {
  using sh::option;
  using sh::Type;
  return sh::source<CsvSource>("csv")
      .summary("rows of CSV files (RFC 4180), each file a partition, each row a JSON object")
      .options([] {
        std::vector<sh::Option> o;
        o.push_back(option("path", Type::string, "a file, a directory, or a glob pattern of files")
                        .required()
                        .path());
        o.push_back(option("header", Type::boolean, "the first row of each file names the columns")
                        .otherwise("true"));
        o.push_back(
            option("columns", Type::list,
                   "names of the columns, for files without a header row or instead of it"));
        o.push_back(
            option("delimiter", Type::string, "the character between fields").otherwise(","));
        o.push_back(option("types", Type::string,
                           "infer: unquoted numbers, true and false stay bare, an empty field is "
                           "null; string: every field is a string")
                        .otherwise("infer")
                        .choices({"infer", "string"}));
        o.push_back(option("max_row", Type::size, "a longer row is rejected; in bytes")
                        .otherwise("1MiB")
                        .at_least(16)
                        .at_most(256 << 20));
        return o;
      }());
}

}  // namespace file_plugin
