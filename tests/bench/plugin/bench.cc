// Components that only the benchmark needs: steps that do next to nothing, and sinks that keep
// nothing.
#include <streamhost/sdk.hpp>

#include "across.h"
#include "delays.h"
#include "digest.h"
#include "growth.h"
#include "moving.h"
#include "passing.h"
#include "report_file.h"
#include "timed.h"

namespace sh = streamhost;

namespace {

// Counts records and the bytes of their values, and nothing else. Each part appends one line,
// "records bytes", to the file `report` when it is closed.
class Null {
 public:
  class Partition {
   public:
    explicit Partition(std::string report) : report_(std::move(report)) {}
    Partition(const Partition&) = delete;
    Partition& operator=(const Partition&) = delete;
    ~Partition() {
      bench::append_to(report_, std::to_string(records_) + " " + std::to_string(bytes_) + "\n");
    }
    void write(const sh::Batch& in) {
      records_ += in.size();
      for (uint32_t i = 0; i < in.size(); ++i) bytes_ += in.raw().records[i].value_len;
    }

   private:
    std::string report_;
    uint64_t records_ = 0, bytes_ = 0;
  };

  Null(const sh::Context&, const sh::Config& config) : report_(config.str("report")) {}
  std::unique_ptr<Partition> open(std::string_view, std::optional<std::string_view>) {
    return std::make_unique<Partition>(report_);
  }

 private:
  std::string report_;
};

// Adds up the values, which are integers. Each part appends one line, "records sum", to the file
// `report` when it is closed; with `timed` also when the last of them came, 0 for none.
class Sum {
 public:
  class Partition {
   public:
    Partition(const sh::Context& ctx, const Sum& sum) : ctx_(ctx), sum_of_(sum) {}
    Partition(const Partition&) = delete;
    Partition& operator=(const Partition&) = delete;
    ~Partition() {
      std::string line = std::to_string(records_) + " " + std::to_string(sum_);
      if (sum_of_.timed_) line += " " + std::to_string(last_us_);
      bench::append_to(sum_of_.report_, line + "\n");
    }
    void write(const sh::Batch& in) {
      records_ += in.size();
      for (const sh::Record& r : in) sum_ += r.value_as<int64_t>();
      if (sum_of_.timed_) last_us_ = ctx_.now_us();
    }

   private:
    sh::Context ctx_;
    const Sum& sum_of_;
    uint64_t records_ = 0;
    int64_t sum_ = 0, last_us_ = 0;
  };

  Sum(const sh::Context& ctx, const sh::Config& config)
      : ctx_(ctx), report_(config.str("report")), timed_(config.flag("timed")) {}
  std::unique_ptr<Partition> open(std::string_view, std::optional<std::string_view>) {
    return std::make_unique<Partition>(ctx_, *this);
  }

 private:
  sh::Context ctx_;
  std::string report_;
  bool timed_;
};

// Counts the records of each key and lets them pass. Its states stay when the input ends, for a
// later run to go on with.
struct CountThrough {
  struct State {
    int64_t n;
  };
  void process(const sh::Batch& in, sh::States<State> states, sh::Out& out) {
    for (uint32_t i = 0; i < in.size(); ++i) ++states[i].n;
    out.forward(in);
  }
};

// Takes `rate` records a second on each worker, a hundredth of that at a time, and drops them.
class Slow {
 public:
  class Partition {
   public:
    Partition(const sh::Context& ctx, uint32_t lot) : ctx_(ctx), lot_(lot) {}
    sh::Written write(const sh::Batch& in) {
      static constexpr int64_t kPause_us = 10'000;
      const int64_t now = ctx_.now_us();
      if (now >= next_us_) {
        next_us_ = now + kPause_us;
        left_ = lot_;
      }
      const uint32_t taken = std::min(left_, in.size());
      left_ -= taken;
      return {taken, next_us_};
    }

   private:
    sh::Context ctx_;
    uint32_t lot_;
    uint32_t left_ = 0;
    int64_t next_us_ = 0;
  };

  Slow(const sh::Context& ctx, const sh::Config& config)
      : ctx_(ctx), lot_(static_cast<uint32_t>(config.integer("rate") / 100)) {}
  std::unique_ptr<Partition> open(std::string_view, std::optional<std::string_view>) {
    return std::make_unique<Partition>(ctx_, lot_);
  }

 private:
  sh::Context ctx_;
  uint32_t lot_;
};

sh::Option report() {
  return sh::option("report", sh::Type::string, "the file that gets the figures").required().path();
}

}  // namespace

SH_PLUGIN("bench", "0.1.0", "Apache-2.0",
          sh::filter("pass", [](const sh::Record& r) { return r.value().size() > 0; })
              .summary("Keeps records that have a value"),
          sh::filter("passing_only",
                     [](const sh::Record& r) { return !r.key().starts_with(bench::kQuietKey); })
              .summary("Drops the one key that bench.passing goes on with"),
          sh::map("touch", [](const sh::Record& r) { return r.value(); })
              .summary("Makes a new record of each, with the same value"),
          sh::keyed<CountThrough>("count_through")
              .summary("Counts the records of each key and lets them pass"),
          bench::across(), bench::moving(), bench::passing(), bench::timed(),
          sh::sink<Null>("null").summary("Counts what arrives and drops it").options({report()}),
          sh::sink<Sum>("sum")
              .summary("Adds the values up and drops them")
              .options({report(), sh::option("timed", sh::Type::boolean, "say when the last came")
                                      .otherwise("false")}),
          sh::sink<bench::Digest>("digest")
              .summary("Counts what arrives and adds up the hashes of it")
              .options({report(), sh::option("behind_comma", sh::Type::boolean,
                                             "hash only what is behind a value's first comma")
                                      .otherwise("false")}),
          sh::sink<bench::Delays>("delays")
              .summary("Takes how long each record was on its way")
              .options({report()}),
          sh::sink<bench::Growth>("growth")
              .summary("Watches how large a folder becomes from epoch to epoch")
              .options({report(),
                        sh::option("store", sh::Type::string, "the folder").required().path(),
                        sh::option("every", sh::Type::integer, "epochs from line to line")
                            .otherwise("1000")
                            .at_least(10)}),
          sh::sink<Slow>("slow")
              .summary("Takes so many records a second and drops them")
              .options({sh::option("rate", sh::Type::integer, "records a second and worker")
                            .otherwise("20000")
                            .at_least(100)}))
