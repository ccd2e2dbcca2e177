// The plugin `text`: operators on values that are plain text.
#include "key_value.h"
#include "match.h"
#include "replace.h"
#include "split.h"

SH_PLUGIN("text", "0.1.0", "Apache-2.0", streamhost::text::split(), streamhost::text::key_value(),
          streamhost::text::match(), streamhost::text::replace())
