// The plugin `file`: lines and rows of files, and files of lines. See README.md.
#include <streamhost/sdk.hpp>

#include "csv_source.h"
#include "lines_partition.h"
#include "sinks.h"

SH_PLUGIN("file", "0.1.0", "Apache-2.0", file_plugin::lines_source(), file_plugin::csv_source(),
          file_plugin::lines_sink(), file_plugin::partitioned_sink())
