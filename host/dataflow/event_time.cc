#include "dataflow/event_time.h"

namespace streamhost {

void find_event_time(Dataflow& dataflow) {
  for (Step& step : dataflow.steps) {
    step.untimed_source.clear();
    if (!step.watermark && step.inputs.empty()) step.untimed_source = step.id;
    for (const Input& input : step.inputs) {
      const Step& upstream = dataflow.steps[input.step];
      if (step.watermark || upstream.event_time) continue;
      step.untimed_source = upstream.untimed_source;
      break;
    }
    step.event_time = step.untimed_source.empty();
  }
}

}  // namespace streamhost
