#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "../plugin/delay_buckets.h"
#include "case.h"
#include "cluster.h"
#include "moving.h"
#include "processes.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

constexpr int64_t kWarmUs = 1'000'000;
constexpr uint64_t kSeconds = 5;  // without the first

// A job of bench.across, a step that owns the keys, and bench.delays.
class HopJob {
 public:
  HopJob(const HostCommand& host, uint64_t rate)
      : host_(host),
        records_(rate * kSeconds + rate * kWarmUs / 1'000'000),
        source_(host.scratch + "/hop_latency.source"),
        sink_(host.scratch + "/hop_latency.sink") {
    std::string steps = kPassSteps;
    const std::string mark = "@REPORT@";
    steps.replace(steps.find(mark), mark.size(), sink_);
    std::ostringstream text;
    text << "name = \"hop_latency\"\n[source.records]\nuse = \"bench.across\"\nrecords = "
         << records_ << "\nrate = " << rate << "\nreport = \"" << source_ << "\"\n\n"
         << steps;
    manifest_ = host.manifest("hop_latency", text.str());
  }

  // With two workers: of two processes, or of one.
  void run(bool over_tcp) const {
    fs::remove(source_);
    fs::remove(sink_);
    if (over_tcp) {
      Processes(host_, "hop_latency", manifest_, 2).wait();
    } else {
      bench::run(host_(manifest_, 2), host_.environment, host_.scratch + "/hop_latency.err");
    }
  }

  // Of the last run, those born in the first second left out.
  HopLatency::Delays delays() const {
    uint64_t made = 0, arrived = 0;
    int64_t first_us = 0;
    std::ifstream(source_) >> made >> first_us;
    DelayBuckets all;
    std::ifstream in(sink_);
    for (std::string line; std::getline(in, line);) {
      std::istringstream words(line);
      std::string what;
      int64_t at_us = 0;
      words >> what >> at_us;
      for (size_t bucket = 0, count = 0; words >> bucket >> count;) {
        arrived += count;
        if (at_us >= first_us + kWarmUs) all.add(bucket, count);
      }
    }
    if (arrived != records_ || made != records_) {
      throw std::runtime_error(sink_ + ": " + std::to_string(arrived) + " records arrived of " +
                               std::to_string(records_));
    }
    return {all.percentile(0.5), all.percentile(0.99), all.percentile(1)};
  }

 private:
  const HostCommand& host_;
  const uint64_t records_;
  const std::string source_, sink_;
  std::string manifest_;
};

}  // namespace

HopLatency measure_hop_latency(const HostCommand& host, uint64_t rate, unsigned runs) {
  const HopJob job(host, rate);
  std::vector<HopLatency::Delays> over_tcp, in_memory;
  for (unsigned i = 0; i < runs; ++i) {
    job.run(true);
    over_tcp.push_back(job.delays());
    job.run(false);
    in_memory.push_back(job.delays());
  }
  const auto median_of = [](const std::vector<HopLatency::Delays>& all) {
    const auto of = [&](auto member) {
      std::vector<double> values;
      for (const HopLatency::Delays& one : all) values.push_back(static_cast<double>(one.*member));
      return static_cast<int64_t>(median(std::move(values)));
    };
    using Delays = HopLatency::Delays;
    return Delays{of(&Delays::p50), of(&Delays::p99), of(&Delays::most)};
  };
  return {rate, median_of(over_tcp), median_of(in_memory)};
}

}  // namespace bench
