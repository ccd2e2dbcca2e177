// What is on a broker, as Kafka's own Java clients see it; see broker/Witness.java.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/process.h"

namespace streamhost::kafka_test {

// A record as it lies in a topic.
struct Row {
  int partition = 0;
  int64_t offset = 0;
  int64_t timestamp_ms = -1;
  std::optional<std::string> key, value;  // none: null
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
};

// Which records there are: with kCommitted neither those of transactions that were aborted nor
// anything behind one that is still open.
enum class Level { kCommitted, kUncommitted };

// A Java program that is asked over a pipe. It goes on when the broker was away. Every call waits
// for the answer and throws std::runtime_error with Kafka's words when that is an error, or when
// none comes within two minutes. [one thread]
class Witness {
 public:
  // `folder`: what tests/kafka/fetch has made. `properties`: of the clients, "NAME=VALUE".
  Witness(const std::string& folder, const std::vector<std::string>& properties);
  ~Witness();
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;

  // Waits until the broker takes part in its cluster.
  void ready();
  // `configuration`: of the topic, "NAME=VALUE". Usable when it returns.
  void create(const std::string& topic, int partitions,
              const std::vector<std::string>& configuration = {});
  // `count` topics PREFIX0, PREFIX1, ... at once.
  void create_many(const std::string& prefix, int count, int partitions);
  // So many partitions a topic has then.
  void grow(const std::string& topic, int partitions);
  void remove(const std::string& topic);
  // Those of a partition before `offset`.
  void delete_records(const std::string& topic, int partition, int64_t offset);

  // Where each partition ends for a reader of that level.
  std::vector<int64_t> ends(const std::string& topic, Level level = Level::kCommitted);
  // Everything there is now; the records of each partition in order.
  std::vector<Row> read(const std::string& topic, Level level = Level::kCommitted);
  // Where Java's producers put these keys when a topic has so many partitions.
  std::vector<int> partitions_of(const std::vector<std::string>& keys, int partitions);
  // What a consumer group has committed: "TOPIC PARTITION" to offset.
  std::map<std::string, int64_t> group(const std::string& name);

 private:
  // The lines of the answer without the last.
  std::vector<std::string> ask(const std::vector<std::string>& words);
  std::string read_line();

  int output_ = -1;
  std::string unread_;
  size_t read_ = 0;  // of unread_
  std::unique_ptr<testing::Child> child_;
};

}  // namespace streamhost::kafka_test
