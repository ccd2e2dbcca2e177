// From a command line to a checked dataflow, with the plugins it uses loaded.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/diagnostics.h"
#include "cli/command_line.h"
#include "dataflow/dataflow.h"
#include "manifest/settings.h"
#include "plugin/catalog.h"

namespace streamhost {

struct OpenJob {
  std::unique_ptr<Catalog> catalog;
  Dataflow flow;
  ClusterSettings cluster;  // of no concern with fewer than two addresses in flow.run
  std::map<std::string, std::string> fingerprint;  // see dataflow/fingerprint.h
  Diagnostics diagnostics;                         // warnings only
};

// Reads the manifest, loads its plugins and builds the graph. The error holds all mistakes, a line
// each, as Diagnostics writes them.
Result<OpenJob> open_job(const CommandLine& line);

// The catalog of a command line without a manifest.
std::unique_ptr<Catalog> open_catalog(const CommandLine& line);

// What follows writes to stderr what a status says, unless it is ok, and returns the exit status.

// One message: "streamhost: ...".
int report(const Status& status);
// Why a job cannot start, from open_job(), Engine::create() or Engine::check(): mistakes bring
// their own places, "job.toml:7:1: error: ...", a failure is one message.
int report_start(const Status& status);

// Writes the warnings about a manifest to stderr.
void show_warnings(const OpenJob& job);

}  // namespace streamhost
