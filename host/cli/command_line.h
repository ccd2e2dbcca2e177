// What was asked for on the command line. CLI11 stays behind this header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "manifest/setting.h"

namespace streamhost {

struct CommandLine {
  enum class Verb { kRun, kCheck, kGraph, kPluginList, kPluginShow, kRecoveryInit, kRecoveryShow };

  Verb verb = Verb::kRun;
  std::vector<std::string> arguments;  // all of them, as they were given
  uint32_t processes = 0;              // --processes: a local cluster of so many; 0: none
  std::string manifest;
  Overrides overrides;
  std::string log_level = "info";
  std::string log_format = "text";
  std::string graph_format = "mermaid";
  std::vector<std::string> plugin_paths;  // --plugin-path, before all others
  std::string component;                  // of `plugin show`
  bool json = false;                      // of `plugin list`, `plugin show` and `recovery show`
  std::vector<std::string> drop_state;    // steps whose stored state a run discards
  std::string name;                       // of `recovery init`: the dataflow, without a manifest
  size_t biggest = 3;                     // of `recovery show`: keys to name for each step
};

// Reads the command line. When there is nothing more to do (--help, --version, a mistake, which is
// then on stderr), the result is empty and `exit_status` says how to end.
std::optional<CommandLine> parse_command_line(int argc, char** argv, int& exit_status);

}  // namespace streamhost
