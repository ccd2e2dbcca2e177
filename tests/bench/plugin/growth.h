// bench.growth: a sink that watches how large the recovery store becomes, from within the job, so
// that nobody has to open it meanwhile. For one worker.
#pragma once

#include <streamhost/sdk.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "report_file.h"

namespace bench {

namespace sh = streamhost;

class Growth {
 public:
  class Partition {
   public:
    Partition(const sh::Context& ctx, const Growth& growth) : ctx_(ctx), growth_(growth) {}
    void write(const sh::Batch&) {
      const uint64_t epoch = ctx_.epoch();
      if (epoch / kLook == looked_) return;
      looked_ = epoch / kLook;
      const uintmax_t bytes = size();
      most_ = std::max(most_, bytes);
      if (epoch / growth_.every_ == told_) return;
      told_ = epoch / growth_.every_;
      append_to(growth_.report_, std::to_string(epoch) + " " + std::to_string(bytes) + " " +
                                     std::to_string(most_) + "\n");
      most_ = 0;
    }

   private:
    static constexpr uint64_t kLook = 10;  // epochs

    uintmax_t size() const {
      uintmax_t sum = 0;
      std::error_code ignored;
      for (const auto& file : std::filesystem::directory_iterator(growth_.store_, ignored)) {
        const uintmax_t bytes = file.file_size(ignored);
        if (!ignored) sum += bytes;
      }
      return sum;
    }

    sh::Context ctx_;
    const Growth& growth_;
    uint64_t looked_ = 0, told_ = 0;
    uintmax_t most_ = 0;
  };

  Growth(const sh::Context& ctx, const sh::Config& config)
      : ctx_(ctx),
        store_(config.str("store")),
        report_(config.str("report")),
        every_(static_cast<uint64_t>(config.integer("every"))) {}
  std::unique_ptr<Partition> open(std::string_view, std::optional<std::string_view>) {
    return std::make_unique<Partition>(ctx_, *this);
  }

 private:
  sh::Context ctx_;
  std::string store_, report_;
  uint64_t every_;
};

}  // namespace bench
