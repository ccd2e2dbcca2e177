// The plugin `jq`: jq programs in the manifest.
#include "operators.h"

SH_PLUGIN("jq", "0.1.0", "Apache-2.0", streamhost::jq::map_component(),
          streamhost::jq::filter_component(), streamhost::jq::flat_map_component())
