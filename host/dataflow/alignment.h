// Which sources are kept abreast of each other in event time.
#pragma once

#include "dataflow/dataflow.h"

namespace streamhost {

// Fills in `alignment` of all sources. Those belong together whose event times meet in a keyed
// step; one behind a watermark that says `align = false` belongs to none.
void find_alignment(Dataflow& dataflow);

}  // namespace streamhost
