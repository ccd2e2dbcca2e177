// Kafka: what a job carries from and to a topic beside bare loops over librdkafka.
#pragma once

#include <string>
#include <vector>

#include "idle.h"

namespace bench {

// Messages of 100 bytes, one worker.
struct KafkaRow {
  std::string name;
  std::string beside;     // what the base is
  double base_per_s = 0;  // messages
  double host_per_s = 0;
  double least_share = 0;  // of the base, that is wanted

  double share() const { return host_per_s / base_per_s; }
  bool met() const { return share() >= least_share; }
};

struct KafkaReport {
  std::vector<KafkaRow> rows;
};

// `loops`: the program bench-loops. Medians of `runs`. Against a real broker; where there can be
// none it says so, and gives no rows. Throws when messages are missing.
KafkaReport measure_kafka(const HostCommand& host, const std::string& loops, unsigned runs);

std::string table(const KafkaReport& report);
// ',' and members of an object.
std::string json_members(const KafkaReport& report);

}  // namespace bench
