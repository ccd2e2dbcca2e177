#include "kafka.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>

#include "case.h"
#include "kafka/real_broker.h"
#include "text.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

using streamhost::kafka_test::no_broker;
using streamhost::kafka_test::RealBroker;

constexpr uint64_t kBytes = 100;

constexpr uint64_t kRecords = 4'000'000;

// A broker with topics that come and go.
class Brokers {
 public:
  // What one run has written goes before the next one writes.
  Brokers() : broker_({.secure = false, .properties = {"log.segment.delete.delay.ms=100"}}) {}

  std::string address() const { return broker_.brokers(); }
  std::string new_topic() {
    const std::string name = "bench-" + std::to_string(topics_++);
    broker_.witness().create(name, 4);
    return name;
  }
  void remove(const std::string& topic) { broker_.witness().remove(topic); }
  // How much a topic has; control records of transactions included.
  uint64_t size_of(const std::string& topic) {
    uint64_t all = 0;
    for (const int64_t end : broker_.witness().ends(topic)) all += static_cast<uint64_t>(end);
    return all;
  }

 private:
  RealBroker broker_;
  int topics_ = 0;
};

std::string line_of(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

class Measurement {
 public:
  Measurement(const HostCommand& host, const std::string& loops, unsigned runs)
      : host_(host), loops_(loops), runs_(runs) {}

  KafkaReport run() {
    KafkaReport report;
    report.rows.push_back(source());
    const auto bare = [this](const std::string& topic) {
      return loop({"kafka_produce", brokers_.address(), topic, std::to_string(records()),
                   std::to_string(kBytes)});
    };
    report.rows.push_back(sink("sink, at least once", "a bare producer", 0.8, bare,
                               [this](const std::string& t) { return to_topic(t, "", false); }));
    report.rows.push_back(sink(
        "sink, exactly once", "at least once, both with snapshots", 0.5,
        [this](const std::string& t) { return to_topic(t, "", true); },
        [this](const std::string& t) {
          return to_topic(t, "delivery = \"exactly_once\"\ntransactional_id = \"" + t + "\"\n",
                          true);
        }));
    return report;
  }

 private:
  using Run = std::function<double(const std::string& topic)>;  // seconds

  static uint64_t records() { return kRecords; }
  std::string file(const char* name) const { return host_.scratch + "/kafka." + name; }

  double loop(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), loops_);
    arguments.push_back(file("loop.out"));
    return bench::run(arguments, {}, file("loop.err")).wall_s;
  }
  double job(const std::string& steps, bool snapshots) const {
    const std::string manifest = host_.manifest("kafka", "name = \"kafka\"\n" + steps);
    Command command = host_(manifest, 1);
    const std::string store = file("store");
    if (snapshots) {
      fs::remove_all(store);
      command.insert(command.end(), {"-r", store, "-s", "1s"});
    }
    return bench::run(command, host_.environment, file("host.err")).wall_s;
  }
  double to_topic(const std::string& topic, const std::string& more, bool snapshots) const {
    return job("[source.n]\nuse = \"demo.sequence\"\nsize = " + std::to_string(kBytes) +
                   "\ncount = " + std::to_string(records()) +
                   "\n[sink.out]\nuse = \"kafka.sink\"\nfrom = \"n\"\nbrokers = \"" +
                   brokers_.address() + "\"\ntopic = \"" + topic + "\"\n" + more,
               snapshots);
  }

  KafkaRow source() {
    const std::string topic = brokers_.new_topic();
    loop({"kafka_produce", brokers_.address(), topic, std::to_string(records()),
          std::to_string(kBytes)});
    std::vector<double> base, host;
    // The first run of each is not counted.
    for (unsigned i = 0; i <= runs_; ++i) {
      const double bare =
          loop({"kafka_consume", brokers_.address(), topic, std::to_string(records())});
      fs::remove(file("null.out"));
      const double ours = job(
          "[source.in]\nuse = \"kafka.source\"\nbrokers = \"" + brokers_.address() +
              "\"\ntopics = [\"" + topic +
              "\"]\ntail = false\n[sink.out]\nuse = \"bench.null\"\nfrom = \"in\"\nreport = \"" +
              file("null.out") + "\"\n",
          false);
      if (line_of(file("null.out")) != line_of(file("loop.out"))) {
        throw std::runtime_error("kafka: the job has read \"" + line_of(file("null.out")) +
                                 "\", the loop \"" + line_of(file("loop.out")) + "\"");
      }
      if (i == 0) continue;
      base.push_back(bare);
      host.push_back(ours);
    }
    brokers_.remove(topic);
    return row("source", "a bare consumer", 0.8, base, host);
  }

  KafkaRow sink(const char* name, const char* beside, double least, const Run& bare,
                const Run& ours) {
    std::vector<double> base, host;
    for (unsigned i = 0; i <= runs_; ++i) {
      const double base_s = once(bare), host_s = once(ours);
      if (i == 0) continue;
      base.push_back(base_s);
      host.push_back(host_s);
    }
    return row(name, beside, least, base, host);
  }

  double once(const Run& run) {
    const std::string topic = brokers_.new_topic();
    const double took = run(topic);
    if (brokers_.size_of(topic) < records()) {
      throw std::runtime_error("kafka: the topic has " + std::to_string(brokers_.size_of(topic)) +
                               " messages of " + std::to_string(records()));
    }
    brokers_.remove(topic);
    return took;
  }

  KafkaRow row(const char* name, const char* beside, double least, const std::vector<double>& base,
               const std::vector<double>& host) const {
    const auto all = static_cast<double>(records());
    return {name, beside, all / median(base), all / median(host), least};
  }

  const HostCommand& host_;
  const std::string loops_;
  const unsigned runs_;
  Brokers brokers_;
};

}  // namespace

KafkaReport measure_kafka(const HostCommand& host, const std::string& loops, unsigned runs) {
  if (!no_broker().empty()) {
    std::fprintf(stderr, "%s\n", no_broker().c_str());
    return {};
  }
  return Measurement(host, loops, runs).run();
}

std::string table(const KafkaReport& report) {
  std::string to;
  for (const KafkaRow& r : report.rows) {
    add(to, "kafka, %-20s %.2f M messages/s; %s %.2f M; share %.0f %%", r.name.c_str(),
        r.host_per_s / 1e6, r.beside.c_str(), r.base_per_s / 1e6, r.share() * 100);
    add(to, "  wanted %.0f %%: %s\n", r.least_share * 100, r.met() ? "yes" : "NO");
  }
  return to;
}

std::string json_members(const KafkaReport& report) {
  std::string to = ",\n\"kafka\":[";
  const char* comma = "";
  for (const KafkaRow& r : report.rows) {
    add(to, "%s\n{\"name\":\"%s\",\"beside\":\"%s\",\"per_s\":%.0f,", comma, r.name.c_str(),
        r.beside.c_str(), r.host_per_s);
    add(to, "\"base_per_s\":%.0f,\"share\":%.4f,\"met\":%s}", r.base_per_s, r.share(),
        r.met() ? "true" : "false");
    comma = ",";
  }
  return to + "]";
}

}  // namespace bench
