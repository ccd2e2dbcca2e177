// Components that only the benchmark needs: steps that do next to nothing, and sinks that keep
// nothing.
#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <streamhost/sdk.hpp>

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
      const std::string line = std::to_string(records_) + " " + std::to_string(bytes_) + "\n";
      const int fd = ::open(report_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
      if (fd < 0) return;
      // What is lost here is missed by whoever compares the report.
      [[maybe_unused]] const ssize_t written = ::write(fd, line.data(), line.size());
      ::close(fd);
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

}  // namespace

SH_PLUGIN("bench", "0.1.0", "Apache-2.0",
          sh::filter("pass", [](const sh::Record& r) { return r.value().size() > 0; })
              .summary("Keeps records that have a value"),
          sh::map("touch", [](const sh::Record& r) { return r.value(); })
              .summary("Makes a new record of each, with the same value"),
          sh::sink<Null>("null")
              .summary("Counts what arrives and drops it")
              .options({sh::option("report", sh::Type::string, "the file that gets the counts")
                            .required()
                            .path()}),
          sh::sink<Slow>("slow")
              .summary("Takes so many records a second and drops them")
              .options({sh::option("rate", sh::Type::integer, "records a second and worker")
                            .otherwise("20000")
                            .at_least(100)}))
