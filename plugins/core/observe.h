// inspect, inspect_debug, raises: looking at what passes by.
#pragma once

#include <ctime>
#include <streamhost/sdk.hpp>

#include "printable.h"

namespace streamhost::core {

// Logs each record as one line, "KEY VALUE" or "VALUE", and passes it on.
class Inspect {
 public:
  Inspect(const Context& ctx, const Config& config) : ctx_(ctx), limit_(config.integer("limit")) {}

  void process(const Batch& in, Out& out) {
    each_line(in, [](const Record& r) { return text_of(r); });
    out.forward(in);
  }

 protected:
  static constexpr size_t kLongest = 1000;

  static std::string text_of(const Record& r) {
    std::string text;
    if (r.has_key()) text = printable(r.key(), kLongest) + ' ';
    return text + (r.has_value() ? printable(r.value(), kLongest) : "(no value)");
  }
  template <class Line>
  void each_line(const Batch& in, Line line) {
    if (!ctx_.log_enabled(SH_LOG_INFO)) return;
    for (const Record r : in) {
      if (limit_ != 0 && seen_ == limit_) return;
      ctx_.info(line(r));
      if (++seen_ == limit_) {
        ctx_.info("the limit of " + std::to_string(limit_) + " is reached: the rest passes unseen");
      }
    }
  }
  const Context& ctx() const { return ctx_; }

 private:
  Context ctx_;
  int64_t limit_;
  int64_t seen_ = 0;
};

// The same with epoch, worker and event time.
class InspectDebug : public Inspect {
 public:
  using Inspect::Inspect;

  void process(const Batch& in, Out& out) {
    const std::string where = "epoch=" + std::to_string(ctx().epoch()) +
                              " worker=" + std::to_string(ctx().worker_index()) + ' ';
    each_line(in, [&](const Record& r) { return where + time_of(r) + text_of(r); });
    out.forward(in);
  }

 private:
  static std::string time_of(const Record& r) {
    const auto us = r.event_time();
    if (!us) return {};
    const int64_t fraction = (*us % 1'000'000 + 1'000'000) % 1'000'000;
    const time_t seconds = static_cast<time_t>(*us / 1'000'000 - (*us % 1'000'000 < 0 ? 1 : 0));
    tm utc{};
    gmtime_r(&seconds, &utc);
    char date[40];
    date[std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc)] = '\0';
    const std::string digits = std::to_string(1'000'000 + fraction);
    return "time=" + std::string(date) + '.' + digits.substr(1) + "Z ";
  }
};

// Fails the job at the first record: for what must never happen.
class Raises {
 public:
  Raises(const Context&, const Config& config) : message_(config.str("message")) {}

  void process(const Batch& in, Out&) {
    if (in.size() == 0) return;
    const Record r = in[0];
    const auto quoted = [](std::string_view text) { return '"' + printable(text, 120) + '"'; };
    throw Error(SH_E_DATA, message_ + ": key " + (r.has_key() ? quoted(r.key()) : "absent") +
                               ", value " + (r.has_value() ? quoted(r.value()) : "absent"));
  }

 private:
  std::string message_;
};

}  // namespace streamhost::core
