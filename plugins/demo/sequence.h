// demo.sequence: numbered records, as fast as they can be made or at a rate.
#pragma once

#include <streamhost/sdk.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "digits.h"
#include "pacer.h"
#include "position.h"

namespace streamhost::demo {

// What the records look like; record i depends on i and this alone.
struct SequenceShape {
  uint64_t end;         // the first index that is not put out
  uint32_t partitions;  // partition p has the indexes i with i % partitions == p
  uint32_t keys;        // number of distinct keys; 0: none
  bool random;          // keys are splitmix64(i) % keys, otherwise one after another
  uint32_t size;        // bytes of a value; 0: as many as the index has digits
  bool timed;
  int64_t time_start_us, time_step_us;
};

class Sequence {
 public:
  class Partition {
   public:
    Partition(const Context& ctx, const SequenceShape& shape, double rate, uint64_t index);
    Poll poll(Out& out, uint32_t budget);
    void snapshot(Writer& position) { position.write(dealt_position(index_, shape_.partitions)); }
    Progress progress() const;

   private:
    // Puts out `count` records.
    void put(Out& out, uint32_t count);
    template <bool Keyed>
    void fill(const sh_span& span, uint32_t count);
    uint32_t value_room() const;

    Context ctx_;
    SequenceShape shape_;
    Pacer pacer_;
    uint64_t index_;       // of the next record
    Counter counter_;      // the same, in digits
    uint32_t cyclic_ = 0;  // its key, when keys follow one another
  };

  Sequence(const Context& ctx, const Config& config);
  std::vector<std::string> partitions();
  std::unique_ptr<Partition> open(std::string_view name, std::optional<std::string_view> resume);

 private:
  Context ctx_;
  SequenceShape shape_;
  double rate_;
};

Component sequence();

}  // namespace streamhost::demo
