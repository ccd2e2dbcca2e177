// bench.across: records whose keys all belong to one worker, from the one partition of a source
// that is worker 0's. So every record crosses from there to that worker, and nothing goes the other
// way.
#pragma once

#include <streamhost/sdk.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bench {

namespace sh = streamhost;

class Across {
 public:
  // Records that are paced come in lots, so long after each other.
  static constexpr int64_t kLotUs = 100;

  class Partition {
   public:
    Partition(const sh::Context& ctx, const Across& shape) : ctx_(ctx), shape_(shape) {}
    Partition(const Partition&) = delete;
    Partition& operator=(const Partition&) = delete;
    // Appends a line to the report: how many records there were, and when the first of them was
    // due.
    ~Partition();

    sh::Poll poll(sh::Out& out, uint32_t budget);

   private:
    void put(sh::Out& out, uint32_t count);
    int64_t due_us(uint64_t record) const;

    sh::Context ctx_;
    const Across& shape_;
    uint64_t done_ = 0;              // records
    std::vector<uint32_t> numbers_;  // of the keys of a batch
    int64_t first_us_ = 0;           // when the first was due
  };

  Across(const sh::Context& ctx, const sh::Config& config);
  std::vector<std::string> partitions() { return {"0"}; }
  std::unique_ptr<Partition> open(std::string_view, std::optional<std::string_view>) {
    return std::make_unique<Partition>(ctx_, *this);
  }

 private:
  sh::Context ctx_;
  std::vector<uint32_t> keys_;  // those that belong to the worker
  uint64_t records_, rate_;     // a second; 0: as fast as possible, and without event times
  std::string report_;
};

sh::Component across();

}  // namespace bench
