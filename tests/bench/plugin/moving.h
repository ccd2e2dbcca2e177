// bench.moving: first every key once, then keys drawn at random from a window that glides over
// them, so that it is known how many change in an epoch. Each record's event time is its birth: the
// time at which it was due, however late it was put out.
#pragma once

#include <streamhost/sdk.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bench {

namespace sh = streamhost;

struct Movement {
  uint64_t keys;        // key-000000000000 on
  uint32_t partitions;  // partition p has the keys k with k % partitions == p to begin with
  uint32_t window;      // keys
  uint32_t glide;       // keys a second
  double rate;          // records a second and partition after that; 0: as fast as possible
  int64_t warm_us;      // so long after every key was there, the measurement begins
  int64_t measure_us;  // and takes so long; 0 with `warm_us` 0: there is nothing but every key once
  uint64_t last_epoch;  // 0, or the end comes with this epoch and not by time
};

class Moving {
 public:
  class Partition {
   public:
    Partition(const sh::Context& ctx, const Movement& movement, uint64_t next, std::string report)
        : ctx_(ctx), movement_(movement), next_(next), report_(std::move(report)) {}
    Partition(const Partition&) = delete;
    Partition& operator=(const Partition&) = delete;
    // Appends a line to `report`: all records, those of the measurement, its begin and its end.
    ~Partition();

    sh::Poll poll(sh::Out& out, uint32_t budget);
    // The first key that has not come yet. Whatever comes after them is not repeated.
    void snapshot(sh::Writer& position) { position.write(std::to_string(next_)); }

   private:
    sh::Poll fill(sh::Out& out, uint32_t budget);
    sh::Poll move(sh::Out& out, uint32_t budget, int64_t now_us);
    bool over(int64_t now_us) const;
    template <class KeyOf, class BirthOf>
    void put(sh::Out& out, uint32_t count, KeyOf key_of, BirthOf birth_of);

    sh::Context ctx_;
    const Movement movement_;
    uint64_t next_;
    const std::string report_;
    int64_t moving_since_us_ = 0;
    uint64_t moved_ = 0;  // records, since then
    uint64_t filled_ = 0, measured_ = 0;
    int64_t from_us_ = 0, to_us_ = 0;  // of the measurement
  };

  Moving(const sh::Context& ctx, const sh::Config& config);
  std::vector<std::string> partitions();
  std::unique_ptr<Partition> open(std::string_view name, std::optional<std::string_view> resume);

 private:
  sh::Context ctx_;
  Movement movement_;
  std::string report_;
};

sh::Component moving();

}  // namespace bench
