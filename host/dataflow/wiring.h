// Turns the `from` of a step into arrows.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "dataflow/dataflow.h"
#include "manifest/document.h"

namespace streamhost {

// A step on its way from the manifest to the dataflow.
struct DraftStep {
  const StepSpec* spec = nullptr;
  std::optional<Component> component;  // empty when it could not be found
  std::shared_ptr<sh_config> options;  // null without component
  std::vector<Input> inputs;           // `step` is an index into the drafts
  bool read = false;                   // somebody reads it, not only its `errors`
  bool errors_wired = false;
  bool combine = true;
  std::optional<int64_t> ttl_us;
};

// Fills in `inputs`, `read`, `errors_wired` and options->inputs of all drafts. Unknown steps, ports
// and sides, and what cannot be read, go to `diagnostics`. What depends on a component that was not
// found is left unchecked.
void wire(std::vector<DraftStep>& drafts, Diagnostics& diagnostics);

}  // namespace streamhost
