// Prints what was measured, as a table for people and as JSON for programs.
#pragma once

#include <string>
#include <vector>

#include "case.h"
#include "cluster.h"
#include "event_time.h"
#include "idle.h"
#include "kafka.h"
#include "recovery.h"

namespace bench {

struct Report {
  std::string host_version;
  unsigned runs = 0;
  double other_cores = 0;  // that other programs kept busy at most, in any case
  std::vector<Result> rows;
  std::vector<Latency> latency;
  std::vector<Memory> memory;
  RecoveryReport recovery;
  TimeReport time;
  ClusterReport cluster;
  KafkaReport kafka;
};

std::string table(const Report& report);
std::string json(const Report& report);

}  // namespace bench
