#include "call_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "common/json_string.h"

namespace testing_plugin {

using plugin_common::append_json_string;
using plugin_common::Descriptor;

namespace {

void add_text(std::string& line, const char* name, const std::optional<std::string_view>& text) {
  line += name;
  if (text) {
    append_json_string(line, *text);
  } else {
    line += "null";
  }
}

void add_number(std::string& line, const char* name, const std::optional<uint64_t>& number) {
  line += name;
  line += number ? std::to_string(*number) : "null";
}

}  // namespace

void CallLog::add(const Call& call) {
  if (path_.empty()) return;
  std::string line = "{\"time_us\":" + std::to_string(ctx_.now_us());
  add_number(line, ",\"pid\":", static_cast<uint64_t>(::getpid()));
  add_number(line, ",\"worker\":", ctx_.worker_index());
  add_text(line, ",\"call\":", call.name);
  add_text(line, ",\"partition\":", call.partition);
  add_number(line, ",\"epoch\":", call.epoch);
  add_text(line, ",\"handle\":", call.handle);
  add_number(line, ",\"records\":", call.records);
  add_text(line, ",\"result\":", call.result);
  line += "}\n";
  if (!file_) {
    file_ = Descriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  }
  if (!file_ ||
      ::write(file_.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    throw streamhost::unavailable("cannot write " + plugin_common::quoted(path_) + ": " +
                                  plugin_common::error_text(errno));
  }
}

}  // namespace testing_plugin
