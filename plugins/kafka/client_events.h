// What a client says by itself, from threads of its own: log lines, errors that concern no single
// message, and its end.
#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <streamhost/sdk.hpp>
#include <string>
#include <string_view>
#include <unordered_map>

namespace kafka_plugin {

// Takes them to the step's log. A message that comes again and again, as those of a broker that is
// gone, is written once a minute. All functions: [any thread]. Must outlive the client.
class ClientEvents {
 public:
  explicit ClientEvents(const streamhost::Context& ctx) : ctx_(ctx) {}
  virtual ~ClientEvents() = default;
  ClientEvents(const ClientEvents&) = delete;
  ClientEvents& operator=(const ClientEvents&) = delete;

  // A line of librdkafka's log; `level` as syslog has them.
  void log_line(int level, std::string_view facility, std::string_view text);
  // An error of the client or of its connections. `is_fatal`: this client is of no use any more.
  // While no broker can be reached, that is said once, and connections that fail are not.
  void error(rd_kafka_resp_err_t code, std::string_view reason, bool is_fatal);
  // Writes to the step's log, unless the same (numbers aside) was written in the last minute.
  void say(int32_t level, std::string_view text);

  // A broker has answered: says so when none could be reached before.
  void answered();
  // Whether no broker could be reached, and none has answered since.
  bool is_down() const { return down_.load(std::memory_order_relaxed); }
  // The addresses to name when no broker can be reached. Before the client connects.
  void name_brokers(std::string brokers) { brokers_ = std::move(brokers); }

  // Why the client is of no use any more; empty while it is.
  std::optional<std::string> fatal() const;
  // The last error; empty when there was none. For messages: "no broker answered: …".
  std::string last_error() const;

 protected:
  // Called for each error first; true: it is dealt with, and nothing more is done. [any thread]
  virtual bool takes(rd_kafka_resp_err_t, std::string_view) { return false; }
  // Called for each error that takes() has left, after it was noted. [any thread]
  virtual void on_error(rd_kafka_resp_err_t, std::string_view) {}
  // Called for each line of librdkafka's log first. [any thread]
  virtual void on_log_line(std::string_view, std::string_view) {}
  // No broker can be reached any more. [any thread]
  virtual void on_down() {}
  const streamhost::Context& context() const { return ctx_; }

 private:
  bool is_repeated(std::string_view text);

  const streamhost::Context ctx_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::chrono::steady_clock::time_point> said_;
  std::optional<std::string> fatal_;
  std::string last_error_;
  std::chrono::steady_clock::time_point down_since_;  // while it is down
  std::atomic<bool> down_{false};
  std::string brokers_;
};

}  // namespace kafka_plugin
