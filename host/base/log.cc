#include "base/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <unistd.h>

#include "base/json_text.h"

namespace streamhost {
namespace {

// One JSON object a line. The pattern language cannot escape, so this formatter is ours.
class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& msg, spdlog::memory_buf_t& out) override {
    spdlog::memory_buf_t time;
    time_->format(msg, time);
    std::string line = "{\"time\":\"" + std::string(time.data(), time.size()) + "\",\"level\":\"";
    const auto level = spdlog::level::to_string_view(msg.level);
    line.append(level.data(), level.size());
    line += "\",\"message\":";
    append_json_string(line, std::string_view(msg.payload.data(), msg.payload.size()));
    line += "}\n";
    out.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>();
  }

 private:
  std::unique_ptr<spdlog::pattern_formatter> time_ = std::make_unique<spdlog::pattern_formatter>(
      "%Y-%m-%dT%H:%M:%S.%eZ", spdlog::pattern_time_type::utc, "");
};

}  // namespace

Result<Log> make_log(const std::string& level, const std::string& format) {
  const auto parsed = spdlog::level::from_str(level);
  if (parsed == spdlog::level::off && level != "off") {
    return Status::usage("unknown log level \"" + level +
                         "\": choose trace, debug, info, warn, error or off");
  }
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  if (format == "json") {
    sink->set_formatter(std::make_unique<JsonFormatter>());
  } else if (format == "text") {
    // On a terminal a line begins by wiping what a progress line left there.
    const std::string wipe = isatty(STDERR_FILENO) == 1 ? "\r\x1b[K" : "";
    sink->set_pattern(wipe + "%Y-%m-%d %H:%M:%S.%e %^%l%$ %v");
  } else {
    return Status::usage("unknown log format \"" + format + "\": choose text or json");
  }
  auto log = std::make_shared<spdlog::logger>("streamhost", std::move(sink));
  log->set_level(parsed);
  log->flush_on(spdlog::level::trace);
  return Log(std::move(log));
}

}  // namespace streamhost
