#include "kafka/mock_cluster.h"

#include <stdexcept>

namespace streamhost::kafka_test {
namespace {

void must(rd_kafka_resp_err_t error) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  throw std::runtime_error(std::string("mock cluster: ") + rd_kafka_err2str(error));
}

}  // namespace

MockCluster::MockCluster(int brokers) {
  char error[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  // It says that it knows no brokers.
  rd_kafka_conf_set(conf, "log_level", "0", error, sizeof error);
  client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
  if (client_ == nullptr) {
    rd_kafka_conf_destroy(conf);
    throw std::runtime_error(error);
  }
  cluster_ = rd_kafka_mock_cluster_new(client_, brokers);
  if (cluster_ == nullptr) {
    rd_kafka_destroy(client_);
    throw std::runtime_error("no mock cluster could be made");
  }
}

MockCluster::~MockCluster() {
  rd_kafka_mock_cluster_destroy(cluster_);
  rd_kafka_destroy(client_);
}

std::string MockCluster::brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }

void MockCluster::create(const std::string& topic, int partitions, int replicas) {
  must(rd_kafka_mock_topic_create(cluster_, topic.c_str(), partitions, replicas));
}

void MockCluster::set_leader(const std::string& topic, int partition, int broker) {
  must(rd_kafka_mock_partition_set_leader(cluster_, topic.c_str(), partition, broker));
}

void MockCluster::down(int broker) { must(rd_kafka_mock_broker_set_down(cluster_, broker)); }

void MockCluster::up(int broker) { must(rd_kafka_mock_broker_set_up(cluster_, broker)); }

void MockCluster::fail_next(int16_t request, const std::vector<rd_kafka_resp_err_t>& errors) {
  rd_kafka_mock_push_request_errors_array(cluster_, request, errors.size(), errors.data());
}

}  // namespace streamhost::kafka_test
