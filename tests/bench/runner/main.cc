// streamhost-bench: sets the host beside hand-written loops. See the README beside this folder.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "cases.h"
#include "machine.h"
#include "report.h"

namespace {
namespace fs = std::filesystem;

fs::path default_data() {
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  return fs::path(cache != nullptr && *cache != '\0' ? cache : "/tmp") / "streamhost-bench";
}

std::string first_line(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

// What the host calls itself.
std::string version_of(const bench::HostCommand& host) {
  bench::Child child({host.host, "--version"}, {}, host.scratch + "/version.err",
                     bench::Streams::output_piped);
  char text[200];
  const ssize_t got = ::read(child.pipe(), text, sizeof text);
  if (child.wait().status != 0 || got <= 0) {
    throw std::runtime_error(host.host +
                             " --version: " + first_line(host.scratch + "/version.err"));
  }
  const std::string line(text, static_cast<size_t>(got));
  return line.substr(0, line.find('\n'));
}

using Wanted = std::function<bool(const std::string& name)>;

void measure_recovery(const bench::HostCommand& host, unsigned runs, const Wanted& wanted,
                      bench::RecoveryReport& report) {
  const auto begin = [&](const char* name) {
    if (wanted(name)) std::fprintf(stderr, "%s ...\n", name);
    return wanted(name);
  };
  if (begin("snapshots")) {
    for (const unsigned workers : {1u, 2u}) {
      report.snapshots.push_back(bench::measure_snapshots(host, workers, runs));
    }
  }
  if (begin("pause")) {
    for (const unsigned workers : {1u, 2u}) {
      report.pauses.push_back(bench::measure_pause(host, workers, runs));
    }
  }
  if (begin("resume")) {
    for (const uint64_t keys : {1'000'000u, 10'000'000u}) {
      for (const unsigned workers : {1u, 2u}) {
        report.resumes.push_back(bench::measure_resume(host, workers, keys, runs));
      }
    }
  }
  if (begin("state_size")) {
    for (const unsigned workers : {1u, 2u}) {
      for (const bool recovery : {false, true}) {
        report.state_sizes.push_back(bench::measure_state_size(host, workers, recovery));
      }
    }
  }
  if (begin("growth")) report.growths.push_back(bench::measure_growth(host));
}

void measure_time(const bench::HostCommand& host, unsigned runs, const Wanted& wanted,
                  bench::TimeReport& report) {
  if (wanted("nexmark")) {
    for (const char* const query : {"q0", "q1", "q2", "q3", "q4", "q5", "q7", "q8"}) {
      std::fprintf(stderr, "nexmark %s ...\n", query);
      for (const unsigned workers : {1u, 2u}) {
        report.nexmark.push_back(bench::measure_nexmark(host, STREAMHOST_BENCH_NEXMARK, query,
                                                        workers, std::min(runs, 3u)));
      }
    }
  }
  if (wanted("forgotten_keys")) {
    std::fputs("forgotten_keys ...\n", stderr);
    // Workers, recovery, all at once, one left.
    for (const auto& shape : {bench::ForgottenKeys::Shape{2, false, false, true},
                              {2, false, true, false},
                              {2, false, true, true},
                              {2, true, true, false}}) {
      report.forgotten.push_back(bench::measure_forgotten(host, shape));
    }
  }
  if (wanted("idle_windows")) {
    for (const unsigned workers : {1u, 2u}) {
      report.idle.push_back(bench::measure_idle_windows(host, workers));
    }
  }
}

void measure_cluster(const bench::HostCommand& host, const std::string& loops, unsigned runs,
                     const Wanted& wanted, bench::ClusterReport& report) {
  const std::vector<bench::ExchangeTcp::Shape>& shapes = bench::exchange_shapes();
  if (wanted("exchange_tcp")) {
    for (const bench::ExchangeTcp::Shape& shape : shapes) {
      std::fprintf(stderr, "exchange_tcp, %s ...\n", shape.name);
      report.exchange.push_back(bench::measure_exchange_tcp(host, loops, shape, runs));
    }
  }
  if (wanted("hop_latency")) {
    std::fputs("hop_latency ...\n", stderr);
    const bench::ExchangeTcp full = report.exchange.empty()
                                        ? bench::measure_exchange_tcp(host, loops, shapes[0], 1)
                                        : report.exchange[0];
    for (const uint64_t rate : {uint64_t{10'000}, static_cast<uint64_t>(full.per_s / 2)}) {
      report.hops.push_back(bench::measure_hop_latency(host, rate, runs));
    }
  }
  if (wanted("slow_process")) {
    std::fputs("slow_process ...\n", stderr);
    report.slow.push_back(bench::measure_slow_process(host));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const fs::path here = fs::canonical("/proc/self/exe").parent_path();
  std::vector<std::string> known = bench::case_names();
  for (const char* const name :
       {"latency", "memory", "snapshots", "pause", "resume", "state_size", "growth", "nexmark",
        "forgotten_keys", "idle_windows", "exchange_tcp", "hop_latency", "slow_process", "kafka"}) {
    known.emplace_back(name);
  }

  std::vector<std::string> chosen;
  std::string data = default_data().string(), text = STREAMHOST_BENCH_TEXT, json_path;
  std::string host_path = (here / ".." / "bin" / "streamhost").lexically_normal().string();
  unsigned runs = 5;
  CLI::App app("Runs jobs and the hand-written loops that do the same, and prints the ratios.");
  app.add_option("cases", chosen, "What to measure; everything when not given")
      ->check(CLI::IsMember(known));
  app.add_option("--data", data, "Folder for inputs and results, outside the sources")
      ->capture_default_str();
  app.add_option("--text", text, "Text file, or folder of *.txt, to count the words of")
      ->capture_default_str();
  app.add_option("--host", host_path, "The host to measure")->capture_default_str();
  app.add_option("--runs", runs, "Measured runs of each program")
      ->check(CLI::Range(1, 99))
      ->capture_default_str();
  app.add_option("--json", json_path, "File that gets the results as JSON");
  CLI11_PARSE(app, argc, argv);
  if (chosen.empty()) chosen = known;
  const auto wanted = [&](const std::string& name) {
    return std::find(chosen.begin(), chosen.end(), name) != chosen.end();
  };

  try {
    const fs::path scratch = fs::absolute(data) / "run";
    fs::create_directories(scratch);
    bench::Setting setting;
    setting.inputs = {fs::absolute(data), text};
    setting.loops = (here / "bench-loops").string();
    setting.host = {fs::absolute(host_path).string(),
                    {"STREAMHOST_PLUGIN_PATH=" + here.string()},
                    scratch.string()};

    bench::Report report;
    report.runs = runs;
    report.host_version = version_of(setting.host);
    for (const std::string& name : bench::case_names()) {
      if (!wanted(name)) continue;
      std::fprintf(stderr, "%s ...\n", name.c_str());
      const bench::Case work = bench::make_case(name, setting);
      const bench::Others others;
      for (bench::Result& row : bench::measure(work, runs, scratch.string())) {
        report.rows.push_back(std::move(row));
      }
      report.other_cores = std::max(report.other_cores, others.cores());
    }
    for (const unsigned workers : {1u, 2u, 4u}) {
      if (wanted("latency")) report.latency.push_back(measure_latency(setting.host, workers));
      if (wanted("memory")) report.memory.push_back(measure_memory(setting.host, workers));
    }
    const bench::Others others;
    measure_recovery(setting.host, runs, wanted, report.recovery);
    measure_time(setting.host, runs, wanted, report.time);
    measure_cluster(setting.host, setting.loops, runs, wanted, report.cluster);
    report.other_cores = std::max(report.other_cores, others.cores());
    if (wanted("kafka")) {
      std::fputs("kafka ...\n", stderr);
      report.kafka = bench::measure_kafka(setting.host, setting.loops, runs);
    }
    std::fputs(bench::table(report).c_str(), stdout);
    if (!json_path.empty()) {
      std::ofstream out(json_path, std::ios::binary);
      out << bench::json(report);
      out.close();
      if (!out) throw std::runtime_error(json_path + ": cannot be written");
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "streamhost-bench: %s\n", e.what());
    return 1;
  }
  return 0;
}
