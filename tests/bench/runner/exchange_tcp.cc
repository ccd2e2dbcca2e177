#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "case.h"
#include "cluster.h"
#include "processes.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

constexpr const char* kHost = "127.0.0.1";

// Bytes that the loopback has carried so far, of everybody.
uint64_t loopback_bytes() {
  std::ifstream in("/sys/class/net/lo/statistics/tx_bytes");
  uint64_t bytes = 0;
  in >> bytes;
  return bytes;
}

double raw_speed(const HostCommand& host, const std::string& loops, uint64_t bytes) {
  const std::string output = host.scratch + "/loopback.out";
  run({loops, "loopback", std::to_string(bytes), output}, {}, host.scratch + "/loopback.err");
  std::ifstream in(output);
  double came = 0, took_ns = 0;
  if (!(in >> came >> took_ns)) throw std::runtime_error(output + ": is empty");
  return came / took_ns * 1e9;
}

// The table [cluster], with certificates that are made here.
std::string cluster_table(const HostCommand& host, const ExchangeTcp::Shape& shape) {
  std::string table = std::string("[cluster]\ncompression = \"") + shape.compression + "\"\n";
  if (shape.token) table += "token = \"a secret of these two, of some length\"\n";
  if (shape.tls) {
    const std::string folder = host.scratch + "/certificates";
    run({"/bin/bash", STREAMHOST_BENCH_CERTIFICATES, folder, kHost}, {},
        host.scratch + "/certificates.err");
    const std::string own = folder + "/" + kHost;
    table += "tls = { cert = \"" + own + ".pem\", key = \"" + own + ".key\", ca = \"" + folder +
             "/ca.pem\" }\n";
  }
  return table + "\n";
}

struct Files {
  std::string source, sink;
};

// Seconds from the first record to the last count.
double read_time(const Files& files, uint64_t records) {
  uint64_t made = 0, counted = 0, keys = 0, sum = 0;
  int64_t from_us = 0, to_us = 0, last_us = 0;
  std::ifstream source(files.source), sink(files.sink);
  source >> made >> from_us;
  while (sink >> keys >> sum >> last_us) {
    counted += sum;
    to_us = std::max(to_us, last_us);
  }
  if (made != records || counted != records) {
    throw std::runtime_error(files.sink + ": " + std::to_string(counted) +
                             " records were counted of " + std::to_string(records));
  }
  return static_cast<double>(to_us - from_us) / 1e6;
}

}  // namespace

const std::vector<ExchangeTcp::Shape>& exchange_shapes() {
  static constexpr uint64_t kMany = 50'000'000, kFewer = 20'000'000;
  static const std::vector<ExchangeTcp::Shape> shapes = {
      {.name = "open", .compression = "none", .records = kMany, .is_wanted = true},
      {.name = "token", .compression = "none", .token = true, .records = kMany, .is_wanted = true},
      {.name = "TLS", .compression = "none", .tls = true, .records = kMany},
      {.name = "open, lz4", .compression = "lz4", .records = kFewer},
      {.name = "open, zstd", .compression = "zstd", .records = kFewer},
      {.name = "in memory", .compression = "none", .in_memory = true, .records = kMany}};
  return shapes;
}

ExchangeTcp measure_exchange_tcp(const HostCommand& host, const std::string& loops,
                                 const ExchangeTcp::Shape& shape, unsigned runs) {
  const std::string name = "exchange_tcp";
  const Files files{host.scratch + "/" + name + ".source", host.scratch + "/" + name + ".sink"};
  std::ostringstream text;
  text << "name = \"" << name << "\"\n"
       << (shape.in_memory ? "" : cluster_table(host, shape))
       << "[source.records]\nuse = \"bench.across\"\nrecords = " << shape.records << "\nreport = \""
       << files.source << "\"\n\n"
       << "[operator.counts]\nuse = \"core.count_final\"\nfrom = \"records\"\ncombine = false\n\n"
       << "[sink.out]\nuse = \"bench.sum\"\nfrom = \"counts\"\ntimed = true\nreport = \""
       << files.sink << "\"\n";
  const std::string manifest = host.manifest(name, text.str());
  const auto records = static_cast<double>(shape.records);
  std::vector<double> per_s, raw, wire, sender, receiver;
  for (unsigned i = 0; i < runs; ++i) {
    fs::remove(files.source);
    fs::remove(files.sink);
    raw.push_back(raw_speed(host, loops, shape.records * ExchangeTcp::kPayload));
    const uint64_t bytes_before = loopback_bytes();
    std::vector<Usage> used;
    if (shape.in_memory) {
      used = {run(host(manifest, 2), host.environment, host.scratch + "/" + name + ".err"), {}};
    } else {
      used = Processes(host, name, manifest, 2).wait();
      wire.push_back(static_cast<double>(loopback_bytes() - bytes_before) / records);
    }
    per_s.push_back(records / read_time(files, shape.records));
    sender.push_back(used[0].cpu_s / records * 1e9);
    receiver.push_back(used[1].cpu_s / records * 1e9);
  }
  ExchangeTcp result;
  result.shape = shape;
  result.per_s = median(per_s);
  // Others on the loopback can only add to it.
  result.wire_bytes = wire.empty() ? 0 : *std::min_element(wire.begin(), wire.end());
  result.raw_per_s = median(raw);
  result.sender_cpu_ns = median(sender);
  result.receiver_cpu_ns = median(receiver);
  return result;
}

}  // namespace bench
