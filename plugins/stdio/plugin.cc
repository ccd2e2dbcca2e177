// The plugin `stdio`: lines from standard input and to standard output. See README.md.
#include <streamhost/sdk.hpp>

#include "stdin_source.h"
#include "stdout_sink.h"

SH_PLUGIN("stdio", "0.1.0", "Apache-2.0", stdio_plugin::stdin_source(), stdio_plugin::stdout_sink())
