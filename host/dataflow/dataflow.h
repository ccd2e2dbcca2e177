// The checked graph that a manifest describes: what the engine runs and `graph` prints.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/value.h"
#include "manifest/document.h"
#include "manifest/settings.h"
#include "plugin/catalog.h"
#include "plugin/options.h"

namespace streamhost {

// One arrow of the graph: records of an output of another step.
struct Input {
  uint32_t step = 0;         // index into Dataflow::steps, always smaller than the reader's own
  uint32_t output_port = 0;  // kErrorsPort for the step's rejected records
  uint32_t input_port = 0;   // place in the reader's inputs
};
constexpr uint32_t kErrorsPort = UINT32_MAX;

struct Step {
  std::string id;
  Component component;
  std::shared_ptr<const sh_config> options;
  std::vector<Input> inputs;  // none for a source
  OnError on_error = OnError::kFail;
  bool combine = true;            // keyed steps that can may combine before the exchange
  std::optional<int64_t> ttl_us;  // keyed steps: forget a key that no record had for so long
  bool errors_wired = false;      // somebody reads the `errors` port
  std::optional<WatermarkSpec> watermark;
  // Whether the step has a watermark: it says `watermark` itself, or every path from a source to it
  // leads through a step that does. If not, the first source from which one does not.
  bool event_time = false;
  std::string untimed_source;
  // Of a source: those with the same number are kept abreast in event time; none: it is not.
  std::optional<uint32_t> alignment;
  Location where;
};

struct Dataflow {
  std::string name;
  std::vector<Step> steps;  // in topological order, sources first
  RunSettings run;
  RecoverySettings recovery;
  ClusterSettings cluster;
};

// Output names of a step ("out" when the component names none); empty for sinks. The host's own
// port `errors`, which every step has, is not among them.
std::vector<std::string> output_names(const Component& component);

}  // namespace streamhost
