// The plugin `lua`: code in the manifest.
#include "aggregates.h"
#include "operators.h"
#include "stateful.h"

SH_PLUGIN("lua", "0.1.0", "Apache-2.0", streamhost::lua::map_component(),
          streamhost::lua::filter_component(), streamhost::lua::flat_map_component(),
          streamhost::lua::key_on_component(), streamhost::lua::branch_component(),
          streamhost::lua::stateful_map_component(), streamhost::lua::stateful_flat_map_component(),
          streamhost::lua::fold_component(), streamhost::lua::reduce_component())
