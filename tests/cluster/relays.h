// Stands between two TCP endpoints and does to what they say what bad networks do. A Relay is the
// way from those who call to one who is called.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace streamhost::cluster_test {

class Relay;

// Relays, and the thread on which they work. All functions wait until what they ask for is done.
// [one thread]
class Relays {
 public:
  Relays();
  ~Relays();
  Relays(const Relays&) = delete;
  Relays& operator=(const Relays&) = delete;

  // A relay that listens on `ip`:`port` for `to_port` there; its number. Throws when it cannot
  // listen. Callers of a port on which nobody listens are reset.
  size_t add(const std::string& ip, uint16_t port, uint16_t to_port);

  // Holds back what the callers say, what the called one says, or both. New connections are
  // accepted, but nobody answers.
  void hold(size_t relay, bool from_callers, bool from_called);
  // Lets everything that is said from now on take so much longer.
  void delay(size_t relay, std::chrono::microseconds by);
  // Resets all its connections, in both directions.
  void reset(size_t relay);

 private:
  void call(std::function<void()> what);

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::vector<std::shared_ptr<Relay>> relays_;
  std::thread thread_;
};

}  // namespace streamhost::cluster_test
