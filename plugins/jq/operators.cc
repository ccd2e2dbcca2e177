#include "operators.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace streamhost::jq {
namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (file) content << file.rdbuf();
  if (!file || content.fail()) {
    throw config_error("the script \"" + path +
                       "\" cannot be read: " + plugin_common::error_text(errno));
  }
  return content.str();
}

HelperProcess::Settings settings_of(const Config& config, Mode mode) {
  const auto program = config.find("program"), script = config.find("script");
  if (!program && !script) throw config_error("give one of program and script");
  if (program && script) throw config_error("give only one of program and script");
  HelperProcess::Settings s;
  if (program) {
    s.name = "program";
    s.source = *program;
  } else {
    s.name = script->substr(script->rfind('/') + 1);
    s.source = content_of(std::string(*script));
  }
  s.mode = mode;
  s.plain_text = mode != Mode::kFilter && config.find("output") == "text";
  s.timeout_us = static_cast<uint64_t>(config.integer("timeout"));
  s.memory_limit = static_cast<uint64_t>(config.integer("memory_limit"));
  return s;
}

std::vector<Option> options_of(Mode mode) {
  std::vector<Option> all;
  all.push_back(option("program", Type::string, "the jq program"));
  all.push_back(option("script", Type::string, "a file with the program; instead of it").path());
  if (mode != Mode::kFilter) {
    all.push_back(option("output", Type::string,
                         "how results are written: json, or text, where a string is put out as "
                         "it is (like jq -r)")
                      .otherwise("json")
                      .choices({"json", "text"}));
  }
  all.push_back(option("timeout", Type::duration,
                       "computing time the program may take for one "
                       "record")
                    .otherwise("1s")
                    .at_least(10'000));
  all.push_back(option("memory_limit", Type::size, "memory the program may use on each worker")
                    .otherwise("256MiB")
                    .at_least(16 << 20));
  return all;
}

}  // namespace

JqStep::JqStep(const Context& ctx, const Config& config, Mode mode)
    : ctx_(ctx), mode_(mode), helper_(settings_of(config, mode)) {}

void JqStep::process(const Batch& in, Out& out) {
  records_ = in.raw().records;
  out_ = &out;
  passed_.clear();
  helper_.run(records_, in.size(), *this);
  if (mode_ != Mode::kFilter) return;
  if (passed_.size() == in.size()) return out.forward(in);
  for (const uint32_t i : passed_) out.push(records_[i]);
}

void JqStep::results(uint32_t i, uint32_t count, std::string_view bytes) {
  if (mode_ == Mode::kFilter) {
    if (count != 0) passed_.push_back(i);
    return;
  }
  out_->current(&records_[i]);
  for (uint32_t k = 0; k < count; ++k) {
    uint32_t size = 0;
    std::memcpy(&size, bytes.data(), sizeof size);
    out_->emit(bytes.substr(sizeof size, size));
    bytes.remove_prefix(sizeof size + size);
  }
}

void JqStep::bad(uint32_t i, std::string_view message) {
  out_->flush();
  ctx_.reject(records_[i], message);
}

void JqStep::log(std::string_view line) { ctx_.info(line); }

Component map_component() {
  return op<Map>("map")
      .summary("Makes a new value of each record by a jq program; empty drops the record")
      .options(options_of(Mode::kMap));
}

Component filter_component() {
  return op<Filter>("filter")
      .summary("Passes the records for which a jq program gives neither false, null nor nothing")
      .options(options_of(Mode::kFilter));
}

Component flat_map_component() {
  return op<FlatMap>("flat_map")
      .summary("Makes a record of each result of a jq program")
      .options(options_of(Mode::kFlatMap));
}

}  // namespace streamhost::jq
