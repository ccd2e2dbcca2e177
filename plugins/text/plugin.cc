// The plugin `text`: operators on values that are plain text.
#include "match.h"
#include "replace.h"
#include "split.h"

SH_PLUGIN("text", "0.1.0", "Apache-2.0", streamhost::text::split(), streamhost::text::match(),
          streamhost::text::replace())
