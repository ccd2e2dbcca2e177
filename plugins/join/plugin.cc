// The plugin `join`: joins by time. See README.md.
#include <streamhost/sdk.hpp>

#include "interval.h"

SH_PLUGIN("join", "0.1.0", "Apache-2.0", streamhost::join::interval_component())
