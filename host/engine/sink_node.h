// A sink on one worker: the partitions that it writes.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/backoff.h"
#include "engine/context.h"
#include "engine/receiver.h"

namespace streamhost {

// How records find the partitions of one sink, the same on all workers.
struct SinkLayout {
  std::vector<std::string> names;  // empty: a dynamic sink, each worker writes a part of its own
  std::vector<uint32_t> owners;    // worker of each partition

  bool dynamic() const { return names.empty(); }
};

// The partition of each record of a batch, by the sink's own rule or by its key; `partitions` has
// room for all. False when the job is stopping. [worker]
bool route_to_partitions(StepContext& context, void* self, const SinkLayout& layout,
                         const sh_batch& batch, uint32_t* partitions);

// [worker] throughout.
class SinkNode final : public Receiver, public Gate {
 public:
  SinkNode(StepContext& context, void* self, const SinkLayout& layout);
  ~SinkNode() override;

  [[nodiscard]] bool open();
  bool receive(const sh_batch& batch) override;
  bool end(bool drained) override;
  void add_gates(std::vector<const Gate*>& gates) const override { gates.push_back(this); }

  // True while a partition has records that it could not take: no more may come.
  bool blocked() const override { return blocked_ != 0; }
  // Offers again what could not be taken, where it is time or the sink has woken us.
  [[nodiscard]] bool retry(int64_t now_us, bool* progress);
  int64_t next_retry_us() const;
  // Makes visible what is buffered; for when there is nothing else to do.
  [[nodiscard]] bool flush();

  bool ended() const { return ended_; }
  // The two halves of the end of an epoch, for every partition. `wait(until_us)` rests the worker
  // until that time, or a wake; it is called when the sink needs time, or is to be asked again.
  using Wait = std::function<void(int64_t until_us)>;
  [[nodiscard]] bool prepare(uint64_t epoch, const Wait& wait);
  // Tries all partitions, also when one fails.
  [[nodiscard]] bool commit(uint64_t epoch, const Wait& wait);
  // Gives up what was prepared, as the epoch will never be whole.
  void abort();

 private:
  // The rest of a batch that could not be taken.
  struct Segment {
    std::vector<sh_record> records;
    uint32_t taken = 0;
    ArenaRef arena;  // what they point into
  };
  struct Part {
    std::string name;
    void* part = nullptr;
    std::deque<Segment> pending;
    int64_t again_us = INT64_MAX;
    Backoff backoff;
    std::string handle;  // of the prepared epoch
    bool prepared = false;
  };
  bool write(Part& part, const sh_batch& batch);
  bool offer(Part& part, const sh_record* records, uint32_t count, sh_arena* arena,
             uint32_t* taken);
  bool fail(const Part& part, const sh_error& error);
  // Makes `call(again_us, error)` until it is neither SH_AGAIN nor worth another try.
  template <class Call>
  bool settle(Part& part, const Wait& wait, Call&& call);

  StepContext& context_;
  const sh_sink& sink_;
  void* const self_;
  const SinkLayout& layout_;
  std::deque<Part> parts_;
  std::vector<uint32_t> local_;   // partition to index in parts_
  std::vector<uint32_t> routed_;  // of the batch in hand
  std::vector<std::vector<sh_record>> sorted_;
  size_t blocked_ = 0;  // parts with pending records
  bool dirty_ = false;
  bool ended_ = false;
};

}  // namespace streamhost
