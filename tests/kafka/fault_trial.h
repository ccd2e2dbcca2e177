// One job from Kafka to Kafka, killed again and again while its input grows, and what its output is
// in the end.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cluster/operation.h"
#include "kafka/counting.h"
#include "kafka/real_broker.h"

namespace streamhost::kafka_test {

// What was done, over one or more trials.
struct FaultTally {
  int trials = 0;
  int kills = 0;                        // processes that a SIGKILL found alive
  std::map<std::string, int> at_point;  // of them, those that died at a point
  int drains = 0;
  int broker_kills = 0, broker_pauses = 0;
  int64_t records = 0;

  void add(const FaultTally& other);
  std::string text() const;
};

struct FaultPlan {
  uint64_t seed = 1;
  int kills = 10;  // about; then the job is left alone
  std::string delivery = "exactly_once";
  double at_point = 0.3;       // of all faults
  double drain = 0.15;         // of all faults
  double two_processes = 0.4;  // of all runs
  double broker = 0;           // of all faults: the broker is killed, or frozen for a while
  // Where a process dies, "POINT:N", one after the other and before anything at random. Of several
  // with a space between them the later ones are those of the run that follows at once.
  std::vector<std::string> points;
};

// The points at which a job with a sink to Kafka can be told to die; see crash/points.h.
const std::vector<std::string>& kafka_points();

// How to die at a point the N-th time that it is passed: those that only a job passes that goes on
// from a snapshot have another before them. For `points` of a plan.
std::string way_to(const std::string& point, int times);

struct FaultOutcome {
  std::optional<std::string> failure;  // with all that is needed to understand it, but the verdict
  Verdict verdict;                     // of the output, when it got to its end
  std::vector<std::string> never_hit;  // of `points`

  bool right() const { return !failure && verdict.right(); }
  std::string text() const;
};

// Blocks until the job has ended by itself and its output was read back.
FaultOutcome fault_trial(RealBroker& broker, const FaultPlan& plan, FaultTally& tally);

}  // namespace streamhost::kafka_test
