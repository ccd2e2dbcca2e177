// librdkafka's mock cluster, for what one real broker cannot do: leaders that move, brokers that
// are away while others are there, thousands of partitions. Always there.
#pragma once

// clang-format off: the second needs the first
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
// clang-format on

#include <string>
#include <vector>

namespace streamhost::kafka_test {

// Its brokers live in this process and listen on 127.0.0.1 at ports that the system gives. It keeps
// some 5 MB of a partition. All calls throw std::runtime_error. [one thread]
class MockCluster {
 public:
  explicit MockCluster(int brokers = 1);
  ~MockCluster();
  MockCluster(const MockCluster&) = delete;
  MockCluster& operator=(const MockCluster&) = delete;

  // "127.0.0.1:PORT,..."
  std::string brokers() const;
  void create(const std::string& topic, int partitions, int replicas = 1);
  // `broker`: from 1 on; -1: there is no leader.
  void set_leader(const std::string& topic, int partition, int broker);
  // Closes its connections and lets nobody in. It stays the leader of what it leads. -1: all.
  void down(int broker);
  void up(int broker);
  // The next requests of a kind (0: Produce, 1: Fetch, ...; see the protocol) are answered so.
  void fail_next(int16_t request, const std::vector<rd_kafka_resp_err_t>& errors);

 private:
  rd_kafka_t* client_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

}  // namespace streamhost::kafka_test
