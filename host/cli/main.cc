// streamhost: runs the dataflow that a manifest describes.
#include <malloc.h>
#include <sys/resource.h>

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
    case CommandLine::Verb::kRecoveryInit: return recovery_init_command(line);
    case CommandLine::Verb::kRecoveryShow: return recovery_show_command(line);
  }
  return 2;
}

// Every partition is an open file: the soft limit of most systems is for programs of another kind.
void allow_many_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// What grew large and is freed goes back to the system. Left alone, glibc raises both bounds to
// what was largest so far, and a job that once held much would look as if it still did. Not lower:
// buffers that come and go would be mapped anew each time.
void give_large_memory_back() {
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 16 << 20);
}

}  // namespace
}  // namespace streamhost

int main(int argc, char** argv) {
  streamhost::settle_standard_streams();
  streamhost::install_crash_guard();
  streamhost::allow_many_files();
  streamhost::give_large_memory_back();
  streamhost::StandardOutput output;
  try {
    int status = 0;
    const auto line = streamhost::parse_command_line(argc, argv, status);
    if (line) status = streamhost::dispatch(*line);
    return output.finish(status);
  } catch (const std::bad_alloc&) {
    std::cerr << "streamhost: out of memory\n";
  } catch (const std::exception&) {
    // Every layer turns what its libraries throw into a Status; this is a defect of ours.
    std::cerr << "streamhost: internal error\n";
  }
  return 1;
}
