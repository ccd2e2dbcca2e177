#include <poll.h>
#include <unistd.h>

#include <stdexcept>

#include "case.h"
#include "moving.h"
#include "recovery.h"

namespace bench {
namespace {

constexpr const char* kSteps = R"([operator.counts]
use = "bench.count_through"
from = "records"

[sink.out]
use = "stdio.lines"
from = "counts"
)";

// Seconds to the first byte of the output.
double first_output_s(const HostCommand& host, const MovingRun& run, uint64_t* peak_kb) {
  Child child(run.command(), host.environment, run.errors(), Streams::output_piped);
  pollfd ready{child.pipe(), POLLIN, 0};
  ::poll(&ready, 1, 120'000);
  const double first_s = child.age_s();
  const std::string text = child.read_output();
  const Usage usage = child.wait();
  *peak_kb = usage.peak_rss_kb;
  // One record, and not those of the first run again.
  if (usage.status == 0 && text.size() > 1 && text.find('\n') == text.size() - 1) return first_s;
  throw std::runtime_error("a resumed job put out something else than the new record; see " +
                           run.errors());
}

}  // namespace

Resume measure_resume(const HostCommand& host, unsigned workers, uint64_t keys, unsigned runs) {
  Resume resume;
  resume.workers = workers;
  resume.keys = keys;
  MovingJob job;
  job.workers = workers;
  job.keys = keys;
  job.steps = kSteps;
  job.name = "resume";
  const MovingRun first(host, job);
  first.clear();
  resume.running_kb = first.run().peak_rss_kb;
  resume.store_bytes = first.shown().file_bytes;

  std::vector<double> ends, firsts, peaks;
  for (unsigned i = 0; i < runs; ++i) {
    const Usage usage = MovingRun(host, job).run();
    ends.push_back(usage.wall_s);
    peaks.push_back(static_cast<double>(usage.peak_rss_kb));
    ++job.keys;  // the input has grown
    uint64_t peak_kb = 0;
    firsts.push_back(first_output_s(host, MovingRun(host, job), &peak_kb));
    peaks.push_back(static_cast<double>(peak_kb));
  }
  first.drop_store();
  resume.first_record_s = median(firsts);
  resume.end_s = median(ends);
  resume.resuming_kb = static_cast<uint64_t>(median(peaks));
  return resume;
}

}  // namespace bench
