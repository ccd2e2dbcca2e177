#include "client_events.h"

namespace kafka_plugin {
namespace {

constexpr auto kQuiet = std::chrono::minutes(1);
constexpr size_t kRemembered = 256;

int32_t level_of(int syslog_level) {
  if (syslog_level <= 2) return SH_LOG_ERROR;
  if (syslog_level <= 4) return SH_LOG_WARN;  // what librdkafka calls errors it recovers from
  if (syslog_level <= 6) return SH_LOG_INFO;
  return SH_LOG_DEBUG;
}

bool is_of_connection(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE: return true;
    default: return false;
  }
}

}  // namespace

void ClientEvents::log_line(int level, std::string_view facility, std::string_view text) {
  on_log_line(facility, text);
  const int32_t ours = level_of(level);
  if (!ctx_.log_enabled(ours)) return;
  // These come as errors, too.
  if (facility == "FAIL" || facility == "ERROR") return;
  // A client is made without brokers, so that nothing is connected to while a manifest is checked.
  if (text.find("No `bootstrap.servers` configured") != std::string_view::npos) return;
  const std::string line = "librdkafka: " + std::string(facility) + ": " + std::string(text);
  if (ours == SH_LOG_DEBUG) {
    ctx_.log(ours, line);  // somebody asked for it by `debug`
  } else {
    say(ours, line);
  }
}

void ClientEvents::error(rd_kafka_resp_err_t code, std::string_view reason, bool is_fatal) {
  if (takes(code, reason)) return;
  const std::string text(reason.empty() ? rd_kafka_err2str(code) : reason);
  const bool all_down = code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
  bool was_down = false;
  std::string last;
  {
    const std::lock_guard lock(mutex_);
    was_down = is_down();
    if (all_down && !was_down) {
      down_since_ = std::chrono::steady_clock::now();
      down_.store(true, std::memory_order_relaxed);
    }
    if (!all_down) last_error_ = text;
    if (is_fatal && !fatal_) fatal_ = text;
    last = last_error_;
  }
  if (is_fatal) {
    say(SH_LOG_ERROR, text);
  } else if (all_down) {
    if (!was_down) {
      ctx_.log(SH_LOG_WARN, "no broker can be reached" +
                                (brokers_.empty() ? "" : " (brokers = \"" + brokers_ + "\")") +
                                (last.empty() ? "" : ": " + last) + "; waiting until one answers");
      on_down();
    }
  } else if (was_down && is_of_connection(code)) {
    ctx_.log(SH_LOG_DEBUG, text);
  } else {
    say(SH_LOG_WARN, text);
  }
  on_error(code, text);
}

void ClientEvents::answered() {
  if (!is_down()) return;
  std::chrono::steady_clock::duration lasted{};
  {
    const std::lock_guard lock(mutex_);
    if (!is_down()) return;
    lasted = std::chrono::steady_clock::now() - down_since_;
    down_.store(false, std::memory_order_relaxed);
  }
  ctx_.log(SH_LOG_INFO,
           "a broker answers again, after " +
               std::to_string(std::chrono::duration_cast<std::chrono::seconds>(lasted).count()) +
               " s; going on");
}

void ClientEvents::say(int32_t level, std::string_view text) {
  if (!is_repeated(text)) ctx_.log(level, text);
}

bool ClientEvents::is_repeated(std::string_view text) {
  std::string shape;
  for (const char c : text) {
    if (c < '0' || c > '9') shape += c;
  }
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  const auto found = said_.find(shape);
  if (found != said_.end() && now - found->second < kQuiet) return true;
  if (said_.size() >= kRemembered) said_.clear();
  said_[std::move(shape)] = now;
  return false;
}

std::optional<std::string> ClientEvents::fatal() const {
  const std::lock_guard lock(mutex_);
  return fatal_;
}

std::string ClientEvents::last_error() const {
  const std::lock_guard lock(mutex_);
  return last_error_;
}

}  // namespace kafka_plugin
