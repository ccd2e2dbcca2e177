// From a command line to a checked dataflow, with the plugins it uses loaded.
#pragma once

#include <memory>

#include "base/diagnostics.h"
#include "cli/command_line.h"
#include "dataflow/dataflow.h"
#include "plugin/catalog.h"

namespace streamhost {

struct OpenJob {
  std::unique_ptr<Catalog> catalog;
  Dataflow flow;
  Diagnostics diagnostics;  // warnings only
};

// Reads the manifest, loads its plugins and builds the graph. The error holds all mistakes, a line
// each.
Result<OpenJob> open_job(const CommandLine& line);

// The catalog of a command line without a manifest.
std::unique_ptr<Catalog> open_catalog(const CommandLine& line);

// Writes what a status says to stderr, unless it is ok, and returns the exit status.
int report(const Status& status);

}  // namespace streamhost
