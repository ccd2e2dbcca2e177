// nexmark.events: the events of an online auction site, as JSON, out of order where wanted.
//
// What an event says is the work of demo/nexmark_events.h; here are partitions, the choice of
// kinds, and the disorder.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <streamhost/sdk.hpp>
#include <string>
#include <vector>

#include "demo/nexmark_events.h"
#include "demo/pacer.h"

namespace streamhost::nexmark {

using demo::NexmarkEvents;

// Makes any event there is. Event n depends on these figures and n alone.
class Generator {
 public:
  // `out_of_order_us`: how much earlier than its place says the event time of an event may be; each
  // is earlier by a random part of that.
  Generator(uint64_t seed, int64_t start_us, int64_t interval_us, int64_t out_of_order_us)
      : seed_(seed),
        start_us_(start_us),
        interval_us_(interval_us),
        out_of_order_us_(out_of_order_us),
        in_order_(seed, start_us, interval_us) {}

  // Writes event `n` to `to`, which has room for NexmarkEvents::kMaxSize bytes.
  NexmarkEvents::Event write(uint64_t n, char* to) {
    if (out_of_order_us_ == 0) return in_order_.write(n, to);
    return NexmarkEvents(seed_, start_us_ - earlier_us(n), interval_us_).write(n, to);
  }

 private:
  int64_t earlier_us(uint64_t n) const;

  uint64_t seed_;
  int64_t start_us_, interval_us_, out_of_order_us_;
  NexmarkEvents in_order_;
};

class Events {
 public:
  using Kinds = std::array<bool, 3>;  // by NexmarkEvents::Type: whether it is wanted

  // Partition p of N has every Nth block of 50 events, so that the proportions hold in each.
  class Partition {
   public:
    Partition(const Events& events, uint32_t number, uint64_t next);
    Poll poll(Out& out, uint32_t budget);
    // The next event, and N.
    void snapshot(Writer& position);
    // In events, those that are not wanted too.
    Progress progress() const;

   private:
    void put(Out& out);
    void step();
    // Goes on to the next event that is wanted.
    void pass_unwanted();

    Context ctx_;
    Generator generator_;
    demo::Pacer pacer_;
    Kinds kinds_;
    uint64_t end_;
    uint32_t partitions_, number_;
    uint64_t next_;
    std::array<std::vector<sh_record>, 3> by_kind_;  // what goes to the ports of one kind
  };

  Events(const Context& ctx, const Config& config);
  std::vector<std::string> partitions();
  std::unique_ptr<Partition> open(std::string_view name, std::optional<std::string_view> resume);

 private:
  Context ctx_;
  Generator generator_;
  Kinds kinds_{};
  uint64_t end_;
  uint32_t partitions_;
  double rate_;
};

Component events();

}  // namespace streamhost::nexmark
