#include "dataflow/graph_text.h"

#include <iostream>

#include "cli/commands.h"
#include "cli/open_job.h"

namespace streamhost {

int graph_command(const CommandLine& line) {
  auto format = graph_format(line.graph_format);
  if (!format) return report(format.status());
  auto job = open_job(line);
  if (!job) return report_start(job.status());
  show_warnings(*job);
  std::cout << graph_text(job->flow, *format);
  return 0;
}

}  // namespace streamhost
