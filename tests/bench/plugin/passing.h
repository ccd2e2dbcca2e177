// bench.passing: keys that come a few times each and never again. When all have been there, the
// source falls silent but for one record of one key ten times a second, whose event time is beyond
// all that came before, so that the watermark passes them.
#pragma once

#include <streamhost/sdk.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bench {

namespace sh = streamhost;

inline constexpr std::string_view kQuietKey = "quietly-";  // the begin of that one key

class Passing {
 public:
  class Partition {
   public:
    Partition(const sh::Context& ctx, const Passing& shape) : ctx_(ctx), shape_(shape) {}
    sh::Poll poll(sh::Out& out, uint32_t budget);

   private:
    void put(sh::Out& out, std::string_view prefix, uint64_t key, int64_t time_us);

    sh::Context ctx_;
    const Passing& shape_;
    uint64_t index_ = 0, quiet_ = 0;  // records so far: of the many keys, and of the one
    int64_t quiet_since_us_ = 0;
  };

  Passing(const sh::Context& ctx, const sh::Config& config);
  std::unique_ptr<Partition> open(std::string_view, std::optional<std::string_view>) {
    return std::make_unique<Partition>(ctx_, *this);
  }
  std::vector<std::string> partitions() { return {"0"}; }

 private:
  sh::Context ctx_;
  uint64_t keys_, times_;
  int64_t step_us_, jump_us_;
  std::string report_;
};

sh::Component passing();

}  // namespace bench
