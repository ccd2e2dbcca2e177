// demo.nexmark: the events of an online auction site, as JSON.
#pragma once

#include <streamhost/sdk.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nexmark_events.h"
#include "pacer.h"
#include "position.h"

namespace streamhost::demo {

class Nexmark {
 public:
  // Partition p of N has every Nth block of 50 events, so that the proportions hold in each.
  class Partition {
   public:
    Partition(const Context& ctx, const NexmarkEvents& events, double rate, uint64_t end,
              uint32_t partitions, uint64_t next);
    Poll poll(Out& out, uint32_t budget);
    void snapshot(Writer& position) { position.write(dealt_position(next_, partitions_)); }
    Progress progress() const;

   private:
    void put(Out& out);

    Context ctx_;
    NexmarkEvents events_;
    Pacer pacer_;
    uint64_t end_;
    uint32_t partitions_;
    uint64_t next_;
    std::array<std::vector<sh_record>, 3> typed_;  // what goes to the ports of one type
  };

  Nexmark(const Context& ctx, const Config& config);
  std::vector<std::string> partitions();
  std::unique_ptr<Partition> open(std::string_view name, std::optional<std::string_view> resume);

 private:
  Context ctx_;
  NexmarkEvents events_;
  uint64_t end_;
  uint32_t partitions_;
  double rate_;
};

Component nexmark();

}  // namespace streamhost::demo
