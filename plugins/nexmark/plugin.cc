// The plugin `nexmark`: what the queries of the Nexmark benchmark need beside other plugins.
#include "events.h"
#include "winning_bids.h"

SH_PLUGIN("nexmark", "0.1.0", "Apache-2.0", streamhost::nexmark::events(),
          streamhost::nexmark::winning_bids())
