// The plugin `json`: operators on values that are JSON text.
#include "extract.h"
#include "filter.h"
#include "project.h"

SH_PLUGIN("json", "0.1.0", "Apache-2.0", streamhost::json::extract(),
          streamhost::json::filter_component(), streamhost::json::project())
