// The plugin `demo`: sources of made-up records, to try things out and to measure.
#include "metrics.h"
#include "nexmark.h"
#include "sequence.h"

SH_PLUGIN("demo", "0.1.0", "Apache-2.0", streamhost::demo::sequence(), streamhost::demo::metrics(),
          streamhost::demo::nexmark())
