#include "cli/recovery_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json_text.h"
#include "base/units.h"

namespace streamhost {
namespace {

constexpr size_t kLastEpochs = 10;
constexpr size_t kLastExecutions = 10;
constexpr size_t kKeyExcerpt = 60;

std::string size_text(uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto amount = static_cast<double>(bytes);
  size_t unit = 0;
  while (amount >= 1024 && unit + 1 < kUnits.size()) amount /= 1024, ++unit;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", amount, kUnits[unit]);
}

const char* kind_text(recovery::StepKind kind) {
  switch (kind) {
    case recovery::StepKind::kSource: return "source";
    case recovery::StepKind::kSink: return "sink";
    case recovery::StepKind::kKeyed: break;
  }
  return "operator";
}

std::string key_text(const std::string& key) {
  return key.size() <= kKeyExcerpt ? json_string(key)
                                   : json_string(key.substr(0, kKeyExcerpt)) + "…";
}

// How many of `count` rows are left out when only the last `shown` are.
size_t skipped(size_t count, size_t shown) { return count - std::min(count, shown); }

}  // namespace

std::string report_text(const recovery::Report& r, const std::string& directory) {
  std::string text;
  text += fmt::format("store       {}{}\n", directory, r.in_use ? " (a job runs on it)" : "");
  text += fmt::format("dataflow    {}\n", json_string(r.dataflow));
  text += fmt::format("partitions  {}, format {}, {}\n", r.partitions, r.format,
                      size_text(r.file_bytes));
  if (r.resume_epoch == 0) {
    text += "resumes     anew: no epoch is committed\n";
  } else {
    text += fmt::format("resumes     from epoch {}; could go back to epoch {}\n", r.resume_epoch,
                        r.oldest_epoch);
  }
  if (!r.executions.empty()) {
    text += "\nexecution  started               workers  processes  resumed from  version\n";
    const size_t left_out = skipped(r.executions.size(), kLastExecutions);
    if (left_out != 0) text += fmt::format("  … {} more\n", left_out);
    for (size_t i = left_out; i < r.executions.size(); ++i) {
      const auto& e = r.executions[i];
      text +=
          fmt::format("{:>9}  {:<20}  {:>7}  {:>9}  {:>12}  {}\n", e.number,
                      format_time(e.started_us).substr(0, 19) + "Z", e.workers, e.processes,
                      e.resumed_from == 0 ? "-" : std::to_string(e.resumed_from), e.host_version);
    }
  }
  if (!r.epochs.empty()) {
    text += "\nepoch       execution  committed                      rows       bytes\n";
    const size_t left_out = skipped(r.epochs.size(), kLastEpochs);
    if (left_out != 0) text += fmt::format("  … {} more\n", left_out);
    for (size_t i = left_out; i < r.epochs.size(); ++i) {
      const auto& e = r.epochs[i];
      text += fmt::format("{:<10}  {:>9}  {:<24}  {:>9}  {:>10}\n", e.epoch, e.execution,
                          format_time(e.committed_us), e.rows, size_text(e.bytes));
    }
  }
  if (!r.steps.empty()) {
    text +=
        "\nstep                  kind      component               version       keys       bytes"
        "      stored\n";
    for (const auto& s : r.steps) {
      text += fmt::format("{:<20}  {:<8}  {:<22}  {:>7}  {:>9}  {:>10}  {:>10}\n", s.id,
                          kind_text(s.kind), s.component, s.state_version, s.keys,
                          size_text(s.bytes), size_text(s.stored_bytes));
      for (const auto& key : s.biggest) {
        text += fmt::format("    {:>10}  {}\n", size_text(key.bytes), key_text(key.key));
      }
    }
  }
  return text;
}

std::string report_json(const recovery::Report& r) {
  std::string json = fmt::format(
      "{{\"dataflow\":{},\"format\":{},\"partitions\":{},\"resume_epoch\":{},\"oldest_epoch\":{},"
      "\"file_bytes\":{},\"in_use\":{},\"executions\":[",
      json_string(r.dataflow), r.format, r.partitions, r.resume_epoch, r.oldest_epoch, r.file_bytes,
      r.in_use);
  const char* comma = "";
  for (const auto& e : r.executions) {
    json += fmt::format(
        "{}{{\"number\":{},\"started\":{},\"resumed_from\":{},\"workers\":{},\"processes\":{},"
        "\"host_version\":{}}}",
        std::exchange(comma, ","), e.number, json_string(format_time(e.started_us)), e.resumed_from,
        e.workers, e.processes, json_string(e.host_version));
  }
  json += "],\"epochs\":[";
  comma = "";
  for (const auto& e : r.epochs) {
    json +=
        fmt::format("{}{{\"epoch\":{},\"execution\":{},\"committed\":{},\"rows\":{},\"bytes\":{}}}",
                    std::exchange(comma, ","), e.epoch, e.execution,
                    json_string(format_time(e.committed_us)), e.rows, e.bytes);
  }
  json += "],\"steps\":[";
  comma = "";
  for (const auto& s : r.steps) {
    json += fmt::format(
        "{}{{\"id\":{},\"kind\":\"{}\",\"component\":{},\"state_version\":{},\"keys\":{},"
        "\"bytes\":{},\"stored_bytes\":{},\"biggest\":[",
        std::exchange(comma, ","), json_string(s.id), kind_text(s.kind), json_string(s.component),
        s.state_version, s.keys, s.bytes, s.stored_bytes);
    const char* inner = "";
    for (const auto& key : s.biggest) {
      json += fmt::format("{}{{\"key\":{},\"bytes\":{}}}", std::exchange(inner, ","),
                          json_string(key.key), key.bytes);
    }
    json += "]}";
  }
  return json + "]}\n";
}

}  // namespace streamhost
