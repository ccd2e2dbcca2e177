// The job that faults are tried on: from a topic, each record is numbered within its key, to a
// topic. What comes out shows every record and every state that was lost or counted twice.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "crash/random.h"
#include "kafka/feeder.h"
#include "kafka/witness.h"

namespace streamhost::kafka_test {

struct Counting {
  std::string name;  // of the job; no two may share a broker
  std::string brokers;
  std::string delivery = "exactly_once";

  std::string in() const { return name + ".in"; }
  std::string out() const { return name + ".out"; }
  // Slow enough to be disturbed: 16 records in 5 ms and worker, times CRASH_SLOWER.
  std::string manifest() const;
};

// So many records each key has.
using Counts = std::map<std::string, int64_t>;

// Records for the job: the n-th one of a key has the value n. [one thread]
class CountingInput {
 public:
  CountingInput(const Counting& job, uint64_t seed, size_t keys = 40);

  // Sends so many more, of keys by chance; they are on the broker when it returns.
  void feed(int records);
  const Counts& counts() const { return counts_; }

 private:
  const std::string topic_;
  const size_t keys_;
  crash::Random random_;
  Feeder feeder_;
  Counts counts_;
};

// What is wrong with the output.
struct Verdict {
  int64_t lost = 0, doubled = 0;
  int64_t disordered =
      0;                // records that stand behind a later one of their key, not counting doubles
  int64_t wrong = 0;    // no record that could be: a wrong number, or in another partition
  std::string example;  // the first thing that was seen; empty when all is well

  bool right() const { return lost + doubled + disordered + wrong == 0; }
  std::string text() const;
};

// `rows`: the output, the records of each partition in order.
Verdict judge(const Counts& fed, const std::vector<Row>& rows);

}  // namespace streamhost::kafka_test
