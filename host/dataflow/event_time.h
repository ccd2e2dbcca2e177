// Which steps have a watermark.
#pragma once

#include "dataflow/dataflow.h"

namespace streamhost {

// Fills in `event_time` and `untimed_source` of all steps. They are in topological order.
void find_event_time(Dataflow& dataflow);

}  // namespace streamhost
