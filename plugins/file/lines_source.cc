#include "lines_source.h"

#include <charconv>

#include "common/line_options.h"
#include "lines_partition.h"

namespace file_plugin {

namespace sh = streamhost;

LinesOptions::LinesOptions(const sh::Config& config)
    : path(config.str("path")),
      follow(config.flag("follow")),
      from_end(config.find("start") == "end"),
      ranges(static_cast<uint32_t>(config.integer("ranges", 1))) {
  rules = plugin_common::line_rules(config);
  if (ranges > 1 && follow) {
    throw sh::config_error("`ranges` cannot be used with `follow`: a file that grows has no parts");
  }
  if (ranges > 1 && from_end) {
    throw sh::config_error("`ranges` cannot be used with `start = \"end\"`");
  }
}

std::string format_part(const LinesPart& part) {
  if (part.count == 1) return part.path;
  return part.path + "#" + std::to_string(part.index) + "/" + std::to_string(part.count);
}

LinesPart parse_part(std::string_view name, uint32_t ranges) {
  LinesPart part{std::string(name), 0, ranges};
  if (ranges == 1) return part;
  const size_t mark = name.rfind('#');
  if (mark != std::string_view::npos) {
    part.path = name.substr(0, mark);
    std::from_chars(name.data() + mark + 1, name.data() + name.size(), part.index);
  }
  return part;
}

LinesSource::LinesSource(const sh::Context& ctx, const sh::Config& config)
    : ctx_(ctx), options_(config) {}

LinesSource::~LinesSource() = default;

std::vector<std::string> LinesSource::partitions() {
  std::vector<std::string> names;
  for (const std::string& path : input_files(options_.path)) {
    for (uint32_t i = 0; i < options_.ranges; ++i) {
      names.push_back(format_part({path, i, options_.ranges}));
    }
  }
  return names;
}

std::unique_ptr<LinesPartition> LinesSource::open(std::string_view name,
                                                  std::optional<std::string_view> resume) {
  if (options_.follow && !watcher_) watcher_ = std::make_unique<Watcher>(ctx_.waker());
  std::optional<Position> position;
  if (resume) position = parse_position(*resume, std::string(name));
  return std::make_unique<LinesPartition>(ctx_, options_, parse_part(name, options_.ranges),
                                          watcher_.get(), position);
}

sh::Component lines_source() {
  using sh::option;
  using sh::Type;
  return sh::source<LinesSource>("lines")
      .summary("lines of files, each file a partition, each line a value")
      .options([] {
        std::vector<sh::Option> o;
        o.push_back(option("path", Type::string, "a file, a directory, or a glob pattern of files")
                        .required()
                        .path());
        o.push_back(option("follow", Type::boolean,
                           "go on when a file's end is reached: wait for more, through rotation "
                           "and truncation")
                        .otherwise("false"));
        o.push_back(option("start", Type::string, "where a first run begins in each file")
                        .otherwise("begin")
                        .choices({"begin", "end"}));
        o.push_back(option("ranges", Type::integer,
                           "parts of each file that are read at the same time; gives up the order "
                           "of lines")
                        .otherwise("1")
                        .at_least(1)
                        .at_most(4096));
        plugin_common::add_line_options(o);
        return o;
      }());
}

}  // namespace file_plugin
