// A source on one worker: the partitions that were dealt to it, and when to poll each.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/backoff.h"
#include "engine/context.h"
#include "engine/receiver.h"
#include "engine/snapshots.h"
#include "engine/time_maker.h"

namespace streamhost {

// [worker] throughout. Functions that return a bool say false when the job is stopping.
class SourceNode {
 public:
  SourceNode(StepContext& context, void* self, PlaceInAlignment place)
      : context_(context), self_(self), place_(place), time_(context) {}
  ~SourceNode();
  SourceNode(const SourceNode&) = delete;
  SourceNode& operator=(const SourceNode&) = delete;

  // Opens the partitions of this worker, where `snapshots` (may be null) says that they were;
  // `partitions` are those of all workers, `step` is the source's index in the dataflow. The graph
  // is complete by now.
  [[nodiscard]] bool open(const std::vector<std::vector<std::string>>& partitions,
                          Snapshots* snapshots, uint32_t step);
  // Ends at once what has no partitions here and gets none later. When everything on the worker is
  // open.
  [[nodiscard]] bool start();
  // Its partitions, for whoever makes a watermark of what they put out.
  void add_origins(std::vector<Origin*>& origins);
  // Partitions that came up since the last call; asked after run(), which polls none of them
  // before.
  std::vector<Origin*> take_new_origins() { return std::exchange(new_origins_, {}); }
  TimeMaker& time() { return time_; }

  // Polls one partition that is ready, unless something downstream is held back, or all are too far
  // ahead of others. Sets `progress` when anything was done.
  [[nodiscard]] bool run(int64_t now_us, bool* progress);
  // When a partition wants to be polled next; INT64_MAX: when woken, or never.
  int64_t next_poll_us() const;
  // Ends all partitions now.
  [[nodiscard]] bool drain();

  // Ends an epoch: notes the positions, and sends the barrier on.
  [[nodiscard]] bool barrier(uint64_t epoch);
  // The snapshot of `epoch` is durable.
  void durable(uint64_t epoch);

  bool ended() const { return ended_; }
  bool blocked() const;
  void add_progress(uint64_t* records, uint64_t* done, uint64_t* total) const;

 private:
  struct Partition {
    std::string name;
    void* part = nullptr;
    bool ended = false;
    bool waiting = false;  // until again_us or a wake
    int64_t again_us = INT64_MAX;
    Backoff backoff;
    bool polled = false;
    Pace pace;
    uint64_t done = 0, total = 0;  // as of its end
    std::unique_ptr<Origin> origin = std::make_unique<Origin>();
    std::optional<std::string> position;  // as it was noted last
    uint64_t final_epoch = 0;             // whose snapshot has the position of its end
  };
  bool open_partition(const std::string& name, const std::string* position);
  // Asks for partitions that came up since, and opens those that fall to this worker.
  bool grow();
  bool is_known(const std::string& name);
  bool note_position(Partition& p, recovery::RowBlock& rows);
  void finish(Partition& p);
  bool poll(Partition& p, int64_t now_us);
  void tell_alignment();
  void close(Partition& p);
  bool end_when_done(bool drained);

  StepContext& context_;
  void* const self_;
  const PlaceInAlignment place_;
  std::vector<Partition> partitions_;
  const std::vector<std::vector<std::string>>* planned_ = nullptr;  // of all workers
  std::unordered_set<std::string> known_;         // once one more was named: these, and all since
  std::map<std::string, std::string> unclaimed_;  // positions of partitions that nobody named
  bool may_grow_ = false;
  bool ask_growth_ = false;  // at the next occasion
  Origin to_come_;           // as long as more may come
  std::vector<Origin*> new_origins_;
  std::vector<const Gate*> gates_;
  TimeMaker time_;
  Snapshots* snapshots_ = nullptr;
  uint32_t step_ = 0;
  size_t next_ = 0;  // whose turn it is
  bool ended_ = false;
  bool held_ = false;  // partitions are too far ahead, and others are to say when they are not
};

}  // namespace streamhost
