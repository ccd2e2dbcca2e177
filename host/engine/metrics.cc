#include "engine/metrics.h"

#include <fmt/format.h>
#include <streamhost/abi.h>

namespace streamhost {

uint32_t Metrics::add(std::string_view step, int32_t kind, std::string_view name,
                      std::string_view help) {
  const std::lock_guard lock(mutex_);
  for (uint32_t i = 0; i < values_.size(); ++i) {
    if (values_[i].step == step && values_[i].name == name) return i;
  }
  Value& value = values_.emplace_back();
  value.step = step;
  value.name = name;
  value.help = help;
  value.kind = kind;
  return static_cast<uint32_t>(values_.size() - 1);
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
  const std::lock_guard lock(mutex_);
  std::vector<std::string> lines;
  for (const Value& v : values_) {
    lines.push_back(fmt::format("{}.{} {}", v.step, v.name, v.value.load()));
  }
  return lines;
}

}  // namespace streamhost
