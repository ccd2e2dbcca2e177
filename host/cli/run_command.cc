#include <unistd.h>

#include <sstream>
#include <thread>

#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/job_runner.h"
#include "cli/local_cluster.h"
#include "cli/open_job.h"
#include "cli/progress_line.h"
#include "cli/signals.h"

namespace streamhost {
namespace {

// Runs the job on threads of its own, while this one looks after signals and the progress line.
Status run_to_the_end(JobRunner& job, Signals& signals, spdlog::logger& log) {
  Status outcome;
  std::jthread runner([&] {
    outcome = job.run();
    signals.done();
  });
  ProgressLine line;
  bool draining = false;
  for (;;) {
    switch (signals.wait(line.interval_ms())) {
      case Signals::Event::kDone: runner.join(); return outcome;
      case Signals::Event::kTick: line.show(job.progress()); break;
      case Signals::Event::kSignal:
        line.clear();
        if (draining) {
          log.error("stopped at once by a second signal; output may be incomplete");
          _exit(1);
        }
        draining = true;
        log.info("draining: no more input is read; a second signal stops at once");
        job.drain();
        break;
    }
  }
}

// What keeps the job from running: for people as report_start() does it, for programs that read
// the log through that, each line by itself.
int refuse(const Status& status, const CommandLine& line, spdlog::logger& log) {
  if (line.log_format != "json") return report_start(status);
  std::istringstream lines(status.message());
  for (std::string text; std::getline(lines, text);) log.error("{}", text);
  return exit_status(status);
}

}  // namespace

int run_command(const CommandLine& line) {
  if (line.processes > 0) return run_local_cluster(line);
  auto log = make_log(line.log_level, line.log_format);
  if (!log) return report(log.status());
  Signals signals;
  auto job = open_job(line);
  if (!job) return refuse(job.status(), line, **log);
  for (const Diagnostic& d : job->diagnostics.all()) {
    (*log)->warn("{}: {}", d.where.text(), d.message);
  }
  JobRunner runner(*job, *log);
  if (Status prepared = runner.prepare(); !prepared) return refuse(prepared, line, **log);
  const Status outcome = run_to_the_end(runner, signals, **log);
  if (Engine* engine = runner.engine()) {
    for (const std::string& metric : engine->metrics().lines()) (*log)->debug("metric {}", metric);
  }
  if (!outcome) (*log)->error("{}", outcome.message());
  return exit_status(outcome);
}

}  // namespace streamhost
