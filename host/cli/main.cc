// streamhost: runs the dataflow that a manifest describes.
#include <exception>
#include <iostream>

#include "base/crash_guard.h"
#include "cli/commands.h"
#include "cli/standard_streams.h"

namespace streamhost {
namespace {

int dispatch(const CommandLine& line) {
  switch (line.verb) {
    case CommandLine::Verb::kRun: return run_command(line);
    case CommandLine::Verb::kCheck: return check_command(line);
    case CommandLine::Verb::kGraph: return graph_command(line);
    case CommandLine::Verb::kPluginList: return plugin_list_command(line);
    case CommandLine::Verb::kPluginShow: return plugin_show_command(line);
  }
  return 2;
}

}  // namespace
}  // namespace streamhost

int main(int argc, char** argv) {
  streamhost::settle_standard_streams();
  streamhost::install_crash_guard();
  try {
    int status = 0;
    const auto line = streamhost::parse_command_line(argc, argv, status);
    if (line) status = streamhost::dispatch(*line);
    return streamhost::finish_standard_output(status);
  } catch (const std::bad_alloc&) {
    std::cerr << "streamhost: out of memory\n";
  } catch (const std::exception&) {
    // Every layer turns what its libraries throw into a Status; this is a defect of ours.
    std::cerr << "streamhost: internal error\n";
  }
  return 1;
}
