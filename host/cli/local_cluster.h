// A cluster on this machine, for trying things: `--processes N` starts N children of this program
// with the same arguments, an id and an address of the loopback each, and a secret of their own.
//
// Their logs come line by line on stderr, each line behind "[ID] " (but for JSON, which programs
// read); what they write to standard output comes as it is, whole lines at a time. Standard input
// goes to process 0, unless it is a terminal. Signals are handed on as drains and stops. When a
// child has failed the others are ended; when this process is killed they are killed with it.
#pragma once

#include <string>
#include <vector>

#include "cli/command_line.h"

namespace streamhost {

// Runs `line.processes` of them to their end. Gives the first exit status that is not 0, 1 for a
// child that a signal has ended. A manifest with mistakes is refused before anything is started.
// [main thread, before any other]
int run_local_cluster(const CommandLine& line);

// The arguments without `--processes N`: what a child is started with, but for who it is.
std::vector<std::string> without_processes(const std::vector<std::string>& arguments);

}  // namespace streamhost
