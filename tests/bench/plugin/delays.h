// bench.delays: a sink that takes how long each record was on its way, from its event time (see
// bench.moving) to here, and notes when barriers passed.
#pragma once

#include <streamhost/sdk.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "delay_buckets.h"

namespace bench {

namespace sh = streamhost;

class Delays {
 public:
  static constexpr int64_t kSliceUs = 10'000;

  class Partition {
   public:
    Partition(const sh::Context& ctx, std::string report)
        : ctx_(ctx), report_(std::move(report)), epoch_(ctx.epoch()) {}
    Partition(const Partition&) = delete;
    Partition& operator=(const Partition&) = delete;
    // Appends to `report`: "barrier TIME" for each, and for each 10 ms in which records were born
    // "slice TIME BUCKET COUNT BUCKET COUNT ...".
    ~Partition();
    void write(const sh::Batch& in);

   private:
    DelayBuckets& slice(int64_t birth_us);

    sh::Context ctx_;
    std::string report_;
    uint64_t epoch_;
    std::vector<int64_t> barriers_;
    int64_t first_ = 0;  // number of the first slice
    std::vector<std::unique_ptr<DelayBuckets>> slices_;
  };

  Delays(const sh::Context& ctx, const sh::Config& config)
      : ctx_(ctx), report_(config.str("report")) {}
  std::unique_ptr<Partition> open(std::string_view, std::optional<std::string_view>) {
    return std::make_unique<Partition>(ctx_, report_);
  }

 private:
  sh::Context ctx_;
  std::string report_;
};

}  // namespace bench
