#include <iostream>

#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/open_job.h"
#include "engine/engine.h"

namespace streamhost {

int check_command(const CommandLine& line) {
  auto log = make_log(line.log_level, line.log_format);
  if (!log) return report(log.status());
  auto job = open_job(line);
  if (!job) return report_start(job.status());
  show_warnings(*job);
  if (Status s = Engine::check(job->flow, *job->catalog, *log); !s) return report_start(s);
  std::cout << line.manifest << ": ok, " << job->flow.steps.size() << " steps\n";
  return 0;
}

}  // namespace streamhost
