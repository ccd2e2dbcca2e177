#include "sinks.h"

#include <algorithm>

namespace file_plugin {

namespace sh = streamhost;

LinesSink::LinesSink(const sh::Context& ctx, const sh::Config& config)
    : ctx_(ctx),
      path_(config.str("path")),
      options_{config.flag("append"), config.flag("mkdir"), 0},
      format_(config.str("format")) {}

std::unique_ptr<OutputFile> LinesSink::open(std::string_view name,
                                            std::optional<std::string_view> resume) {
  return std::make_unique<OutputFile>(ctx_, std::string(name), options_, format_, resume);
}

PartitionedSink::PartitionedSink(const sh::Context& ctx, const sh::Config& config)
    : ctx_(ctx),
      paths_(part_names(config.str("name"), static_cast<uint32_t>(config.integer("partitions")))),
      options_{config.flag("append"), true, static_cast<uint32_t>(paths_.size())},
      format_(config.str("format")) {
  const std::string directory = config.str("path");
  for (std::string& path : paths_) path = directory + "/" + path;
}

std::unique_ptr<OutputFile> PartitionedSink::open(std::string_view name,
                                                  std::optional<std::string_view> resume) {
  return std::make_unique<OutputFile>(ctx_, std::string(name), options_, format_, resume);
}

std::vector<std::string> part_names(const std::string& pattern, uint32_t count) {
  constexpr std::string_view kIndex = "{index}";
  const size_t at = pattern.find(kIndex);
  if (at == std::string::npos && count > 1) {
    throw sh::config_error("`name` must contain {index}, so that each partition has its own file");
  }
  if (pattern.empty() || pattern.find('/') != std::string::npos) {
    throw sh::config_error("`name` must be a file name, without \"/\"");
  }
  std::vector<std::string> names;
  for (uint32_t i = 0; i < count; ++i) {
    std::string name = pattern;
    if (at != std::string::npos) {
      std::string index = std::to_string(i);
      index.insert(0, 4 - std::min<size_t>(4, index.size()), '0');
      name.replace(at, kIndex.size(), index);
    }
    names.push_back(std::move(name));
  }
  return names;
}

namespace {

sh::Option format_option() {
  return sh::option("format", sh::Type::string,
                    "what is written of a record: {key}, {value}, {timestamp}, {header:NAME}; {{ "
                    "and }} are braces; a newline follows")
      .otherwise("{value}");
}

sh::Option append_option() {
  return sh::option("append", sh::Type::boolean, "a first run keeps what a file holds already")
      .otherwise("false");
}

}  // namespace

sh::Component lines_sink() {
  using sh::option;
  using sh::Type;
  return sh::sink<LinesSink>("lines").summary("one file, a line for each record").options([] {
    std::vector<sh::Option> o;
    o.push_back(option("path", Type::string, "the file to write").required().path());
    o.push_back(format_option());
    o.push_back(append_option());
    o.push_back(option("mkdir", Type::boolean, "make the directories on the way to the file")
                    .otherwise("false"));
    return o;
  }());
}

sh::Component partitioned_sink() {
  using sh::option;
  using sh::Type;
  return sh::sink<PartitionedSink>("partitioned")
      .summary("a directory of files, a line for each record; a key always goes to the same file")
      .options([] {
        std::vector<sh::Option> o;
        o.push_back(option("path", Type::string, "the directory, which is made if it is missing")
                        .required()
                        .path());
        o.push_back(option("partitions", Type::integer, "the number of files")
                        .otherwise("4")
                        .at_least(1)
                        .at_most(9999));
        o.push_back(option("name", Type::string,
                           "the files' names; {index} is the partition's number, four digits")
                        .otherwise("part-{index}"));
        o.push_back(format_option());
        o.push_back(append_option());
        return o;
      }());
}

}  // namespace file_plugin
