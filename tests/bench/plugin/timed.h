// bench.timed: records with keys and event times, as fast as they can be made; see timed_records.h.
#pragma once

#include <streamhost/sdk.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "timed_records.h"

namespace bench {

namespace sh = streamhost;

class Timed {
 public:
  class Partition {
   public:
    Partition(const sh::Context& ctx, const TimedShape& shape, uint64_t index)
        : ctx_(ctx), records_(shape, index) {}
    sh::Poll poll(sh::Out& out, uint32_t budget);

   private:
    sh::Context ctx_;
    TimedRecords records_;
  };

  Timed(const sh::Context& ctx, const sh::Config& config);
  std::vector<std::string> partitions();
  std::unique_ptr<Partition> open(std::string_view name, std::optional<std::string_view> resume);

 private:
  sh::Context ctx_;
  TimedShape shape_;
};

sh::Component timed();

}  // namespace bench
