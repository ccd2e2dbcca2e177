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
#include "engine/snapshots.h"

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

  // What an earlier run has left. `step`: the sink's index in the dataflow.
  // Gives up what never became durable. Before the store begins an execution, which forgets it.
  [[nodiscard]] bool abort_past(Snapshots& snapshots, uint32_t step);
  // Commits once more what did. Before any partition is opened, also by other workers. `wait` as in
  // finish_commit().
  using Wait = std::function<void(int64_t until_us)>;
  [[nodiscard]] bool commit_past(const Wait& wait);
  [[nodiscard]] bool open();
  bool receive(const sh_batch& batch) override;
  bool end(bool drained) override;
  void add_gates(std::vector<const Gate*>& gates) const override {
    gates.push_back(this);
    context_.out().add_gates(gates);  // where rejected records go
  }

  // True while a partition has records that it could not take, or prepares: no more may come.
  bool blocked() const override { return blocked_ != 0 || preparing_ != 0; }
  // Goes on with what could not be done at once, where it is time or the sink has woken us:
  // writing, preparing, committing.
  [[nodiscard]] bool go_on(int64_t now_us, bool* progress);
  int64_t next_us() const;
  // Makes visible what is buffered; for when there is nothing else to do.
  [[nodiscard]] bool flush();

  // True when everything up to the end of `epoch` is written and prepared.
  bool settled(uint64_t epoch) const { return prepared_ >= epoch; }
  // The epoch is durable: begins to commit it. go_on() does the rest.
  void commit(uint64_t epoch) { committing_ = epoch; }
  bool committing() const { return committing_ != 0; }
  // Commits what is prepared to the end, whatever else has failed; for when nobody could do it
  // later. `wait(until_us)` rests the worker until that time, or a wake.
  void finish_commit(const Wait& wait);
  // Gives up what was prepared, as the epoch will never be whole.
  void abort();

 protected:
  bool aligned(uint64_t epoch) override;
  bool watermark_moved(int64_t us) override {
    return context_.out().watermark(context_.move_watermark(us));
  }

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
    bool stored = false;    // the handle as it is lies in the store
    int64_t settle_us = 0;  // when to ask again while preparing or committing
    Backoff settle_backoff;
  };
  enum class Answer { kDone, kLater, kFailed };
  bool write(Part& part, const sh_batch& batch);
  bool offer(Part& part, const sh_record* records, uint32_t count, sh_arena* arena,
             uint32_t* taken);
  bool fail(const Part& part, const sh_error& error);
  bool go_on_writing(int64_t now_us, bool woken, bool* progress);
  bool go_on_preparing(int64_t now_us, bool woken, bool* progress);
  bool go_on_committing(int64_t now_us, bool woken, bool* progress);
  bool pass_end();
  std::string row_key(const Part& part) const;
  bool is_mine(const std::string& row_key) const;
  // Makes `call(again_us, error)`; on SH_AGAIN and on errors worth another try notes when.
  template <class Call>
  Answer ask(Part& part, int64_t now_us, Call&& call);
  Answer commit_part(Part& part, uint64_t epoch, int64_t now_us);

  StepContext& context_;
  const sh_sink& sink_;
  void* const self_;
  const SinkLayout& layout_;
  std::deque<Part> parts_;
  std::vector<uint32_t> local_;   // partition to index in parts_
  std::vector<uint32_t> routed_;  // of the batch in hand
  std::vector<std::vector<sh_record>> sorted_;
  size_t blocked_ = 0;  // parts with pending records
  Snapshots* snapshots_ = nullptr;
  uint32_t step_ = 0;
  std::vector<std::string> settled_;  // rows of handles that nobody will write again
  uint64_t preparing_ = 0;            // the epoch that is being prepared; 0: none
  uint64_t prepared_ = 0;             // the last one that was
  uint64_t committing_ = 0;           // the epoch that is being committed; 0: none
  bool dirty_ = false;
  bool ended_ = false;
  bool end_passed_ = false;
  bool end_first_ = false;  // it came before the barrier that is being prepared
};

}  // namespace streamhost
