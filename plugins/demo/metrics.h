// demo.metrics: readings of devices whose values wander about.
#pragma once

#include <streamhost/sdk.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pacer.h"
#include "time_text.h"

namespace streamhost::demo {

struct MetricsShape {
  uint64_t count;  // readings of each device
  int64_t start_us, interval_us;
  uint64_t seed;
};

class Metrics {
 public:
  // One device.
  class Partition {
   public:
    // `next`: the number of the next reading; `value`: of the one before, in hundredths.
    Partition(const Context& ctx, const MetricsShape& shape, double rate, uint32_t device,
              uint64_t next, int64_t value);
    // The value that a device begins with.
    static int64_t first_value(const MetricsShape& shape, uint32_t device);

    Poll poll(Out& out, uint32_t budget);
    void snapshot(Writer& position) {
      position.write(std::to_string(next_) + " " + std::to_string(value_));
    }
    Progress progress() const;

   private:
    void put(Out& out);

    Context ctx_;
    MetricsShape shape_;
    Pacer pacer_;
    uint32_t device_;
    std::string name_;
    uint64_t next_;
    int64_t value_;
    TimeText time_;
  };

  Metrics(const Context& ctx, const Config& config);
  std::vector<std::string> partitions();
  std::unique_ptr<Partition> open(std::string_view name, std::optional<std::string_view> resume);

 private:
  Context ctx_;
  MetricsShape shape_;
  uint32_t devices_;
  double rate_;
};

Component metrics();

}  // namespace streamhost::demo
