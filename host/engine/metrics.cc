#include "engine/metrics.h"

#include <fmt/format.h>
#include <streamhost/abi.h>

namespace streamhost {

uint32_t Metrics::add(std::string_view step, uint32_t worker, int32_t kind, std::string_view name,
                      std::string_view help) {
  const std::lock_guard lock(mutex_);
  const auto [number, is_new] = numbers_.try_emplace({std::string(step), std::string(name), worker},
                                                     static_cast<uint32_t>(values_.size()));
  if (!is_new) return number->second;
  Value& value = values_.emplace_back();
  const size_t brace = name.find('{');
  value.step = step;
  value.name = name.substr(0, brace);
  if (brace != name.npos && name.ends_with('}')) {
    value.labels = name.substr(brace + 1, name.size() - brace - 2);
  }
  value.help = help;
  value.worker = worker;
  value.kind = kind;
  return number->second;
}

void Metrics::record(uint32_t id, double value) {
  Value* target = nullptr;
  {
    // A deque's index structure may move while another step registers.
    const std::lock_guard lock(mutex_);
    if (id >= values_.size()) return;
    target = &values_[id];
  }
  if (target->kind == SH_METRIC_GAUGE) {
    target->value.store(value, std::memory_order_relaxed);
  } else {
    target->value.fetch_add(value, std::memory_order_relaxed);
  }
  target->count.fetch_add(1, std::memory_order_relaxed);
}

std::vector<std::string> Metrics::lines() const {
  struct Line {
    std::string name, labels;
    double value = 0;
  };
  struct Workers {
    size_t first = 0, count = 0;  // its first line; how many workers have it
  };
  const std::lock_guard lock(mutex_);
  std::vector<Line> lines;
  std::map<std::string, Workers> known;  // by name and labels
  const auto with_worker = [](std::string labels, uint32_t worker) {
    return labels + (labels.empty() ? "" : ",") + fmt::format("worker=\"{}\"", worker);
  };
  for (const Value& v : values_) ++known[fmt::format("{}.{}{{{}", v.step, v.name, v.labels)].count;
  for (const Value& v : values_) {
    Workers& workers = known[fmt::format("{}.{}{{{}", v.step, v.name, v.labels)];
    const bool is_sum = v.kind != SH_METRIC_GAUGE;
    if (is_sum && workers.first != 0) {
      lines[workers.first - 1].value += v.value.load();
      continue;
    }
    lines.push_back({fmt::format("{}.{}", v.step, v.name), v.labels, v.value.load()});
    if (is_sum) workers.first = lines.size();
    if (!is_sum && workers.count > 1) lines.back().labels = with_worker(v.labels, v.worker);
  }
  std::vector<std::string> texts;
  for (const Line& line : lines) {
    texts.push_back(line.labels.empty()
                        ? fmt::format("{} {}", line.name, line.value)
                        : fmt::format("{}{{{}}} {}", line.name, line.labels, line.value));
  }
  return texts;
}

}  // namespace streamhost
