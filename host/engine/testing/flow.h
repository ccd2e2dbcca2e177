// Builds small dataflows in tests, without a manifest.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dataflow/alignment.h"
#include "dataflow/event_time.h"

namespace streamhost::testing {

class Flow {
 public:
  explicit Flow(uint32_t workers) {
    flow_.name = "test";
    flow_.run.workers = workers;
  }
  // Adds a step that reads the default outputs of `from`, or (step, port) pairs, and returns its
  // index.
  uint32_t add(const std::string& id, const sh_component* raw,
               const std::vector<std::pair<uint32_t, uint32_t>>& from = {}) {
    Step step;
    step.id = id;
    step.component = {kind_of(*raw), "test." + id, raw, &plugin()};
    step.options = std::make_shared<sh_config>();
    for (const auto& [upstream, port] : from) {
      step.inputs.push_back({upstream, port, 0});
      if (port == kErrorsPort) flow_.steps[upstream].errors_wired = true;
    }
    flow_.steps.push_back(std::move(step));
    return static_cast<uint32_t>(flow_.steps.size()) - 1;
  }
  uint32_t add(const std::string& id, const sh_component* raw, uint32_t from) {
    return add(id, raw, {{from, 0}});
  }
  Step& step(uint32_t index) { return flow_.steps[index]; }
  RunSettings& run() { return flow_.run; }
  RecoverySettings& recovery() { return flow_.recovery; }
  Dataflow& edit() { return flow_; }
  const Dataflow& flow() const {
    find_event_time(flow_);
    find_alignment(flow_);
    return flow_;
  }

 private:
  static Component::Kind kind_of(const sh_component& raw) {
    if (raw.source != nullptr) return Component::Kind::kSource;
    if (raw.sink != nullptr) return Component::Kind::kSink;
    return raw.keyed != nullptr ? Component::Kind::kKeyed : Component::Kind::kOperator;
  }
  static const Plugin& plugin() {
    static const Plugin plugin{"test", "/test.so", nullptr};
    return plugin;
  }
  mutable Dataflow flow_;
};

}  // namespace streamhost::testing
