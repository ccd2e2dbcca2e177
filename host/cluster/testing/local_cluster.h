// For tests: a cluster whose processes are all in this one, on loopback, and one of them that is
// none but a socket in the hands of the test.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cluster/cluster.h"

namespace streamhost::cluster::testing {

// What was logged.
class LogLines : public spdlog::sinks::base_sink<std::mutex> {
 public:
  // Waits until a line holds `text`; false after a minute.
  bool wait_for(const std::string& text);
  // How many lines hold `text` so far.
  size_t count(const std::string& text);

 protected:
  void sink_it_(const spdlog::details::log_msg& line) override;
  void flush_() override {}

 private:
  std::mutex lines_mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

// A port of 127.0.0.1 on which nobody listens.
uint16_t free_port();

using Joined = Result<std::unique_ptr<Members>>;

class LocalCluster {
 public:
  // Plans for so many processes, each as `change`, if given, has it.
  explicit LocalCluster(uint32_t processes,
                        std::function<void(uint32_t process, ClusterPlan& plan)> change = nullptr);
  ~LocalCluster();

  uint32_t size() const { return static_cast<uint32_t>(plans_.size()); }
  ClusterPlan& plan(uint32_t process) { return plans_[process]; }
  uint16_t port(uint32_t process) const { return ports_[process]; }
  LogLines& log(uint32_t process) { return *logs_[process]; }

  // Starts one; it must succeed.
  Cluster& start(uint32_t process);
  void start_all();
  Cluster& at(uint32_t process) { return *clusters_[process]; }
  // Ends one as a process ends, whose members are gone before.
  void end(uint32_t process) { clusters_[process] = nullptr; }

  // All of them, or these, join() at the same time; the results, in the same order.
  std::vector<Joined> join(const std::vector<uint32_t>& processes);
  std::vector<Joined> join_all();
  // ... and it must succeed.
  std::vector<std::unique_ptr<Members>> members();

 private:
  std::vector<uint16_t> ports_;
  std::vector<ClusterPlan> plans_;
  std::vector<std::shared_ptr<LogLines>> logs_;
  std::vector<std::unique_ptr<Cluster>> clusters_;
};

// Speaks with a process as another one would, or otherwise, and does only what it is told. What
// fails throws std::exception.
class FakeProcess {
 public:
  explicit FakeProcess(uint16_t port, std::shared_ptr<boost::asio::io_context> io =
                                          std::make_shared<boost::asio::io_context>());

  // Says who it is, as in `plan`, with this attempt; true when it was let in.
  bool join(const ClusterPlan& plan, uint64_t attempt, uint32_t called);
  // The other's attempt, once it was let in.
  uint64_t attempt_of_other() const { return attempt_of_other_; }

  void write(const std::string& bytes);
  void send(FrameType type, uint32_t tag, const std::string& body);
  // The next frame that is no heartbeat: type and body. Empty type kHeartbeat at the end.
  std::pair<FrameType, std::string> read();
  // Whether the other one closes the connection, within so many seconds, whatever it sends before.
  bool is_closed_within(int seconds);
  void close();

 private:
  bool read_frame(FrameType& type, std::string& body);

  const std::shared_ptr<boost::asio::io_context> io_;
  boost::asio::ip::tcp::socket socket_{*io_};
  ArenaPool pool_;
  uint64_t attempt_of_other_ = 0;
};

}  // namespace streamhost::cluster::testing
