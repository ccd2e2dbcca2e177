#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "case.h"
#include "event_time.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t kEvents = 2'000'000;

// The manifest, whose last table is its sink, with a sink that counts.
std::string with_null_sink(const fs::path& manifest, const std::string& report) {
  std::ifstream in(manifest, std::ios::binary);
  std::ostringstream all;
  all << in.rdbuf();
  const std::string text = all.str();
  const size_t sink = text.find("[sink.out]");
  const size_t from = text.find("\nfrom ", sink);
  if (!in || sink == std::string::npos || from == std::string::npos) {
    throw std::runtime_error(manifest.string() + ": not a manifest with a sink \"out\"");
  }
  const size_t end = text.find('\n', from + 1);
  return text.substr(0, sink) + "[sink.out]\nuse = \"bench.null\"" + text.substr(from, end - from) +
         "\nreport = \"" + report + "\"\n";
}

uint64_t results_in(const std::string& report) {
  std::ifstream in(report);
  uint64_t sum = 0;
  for (uint64_t records = 0, bytes = 0; in >> records >> bytes;) sum += records;
  return sum;
}

}  // namespace

NexmarkRate measure_nexmark(const HostCommand& host, const std::string& folder,
                            const std::string& query, unsigned workers, unsigned runs) {
  // Scripts are found beside the manifest.
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".lua") {
      fs::copy_file(entry.path(), fs::path(host.scratch) / entry.path().filename(),
                    fs::copy_options::overwrite_existing);
    }
  }
  const std::string report = host.scratch + "/nexmark_" + query + ".out";
  const std::string manifest = host.manifest(
      "nexmark_" + query, with_null_sink(fs::path(folder) / (query + ".toml"), report));
  std::vector<std::string> environment = host.environment;
  environment.push_back("COUNT=" + std::to_string(kEvents));
  environment.push_back("PARTITIONS=" + std::to_string(workers));

  NexmarkRate rate{query, workers, kEvents, 0, 0, 0};
  std::vector<double> seconds, peaks;
  for (unsigned i = 0; i < runs; ++i) {
    fs::remove(report);
    const Usage usage =
        run(host(manifest, workers), environment, host.scratch + "/nexmark_" + query + ".err");
    seconds.push_back(usage.wall_s);
    peaks.push_back(static_cast<double>(usage.peak_rss_kb));
    rate.results = results_in(report);
    if (rate.results == 0) throw std::runtime_error("nexmark " + query + " has no results");
  }
  rate.per_s = static_cast<double>(kEvents) / median(std::move(seconds));
  rate.peak_kb = static_cast<uint64_t>(median(std::move(peaks)));
  return rate;
}

}  // namespace bench
