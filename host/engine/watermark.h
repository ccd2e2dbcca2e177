// Watermarks: the event time before which no more records are expected.
//
// A step that says `watermark = { wait, idle }` makes one: the largest event time that each
// partition has shown, less `wait`, and of those the least. It travels in-band; a step's own is the
// least of what its upstreams say. A partition that was asked for records and had none for `idle`
// holds nothing back until it has some again; one that is not asked, because what is downstream
// cannot take more, is not idle.
#pragma once

#include <streamhost/abi.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streamhost {

constexpr int64_t kNoWatermark = SH_NO_TIME;
constexpr int64_t kIdleWatermark = INT64_MAX - 1;  // in-band only: "do not wait for me"
constexpr int64_t kEndOfTime = INT64_MAX;          // the input has ended: nothing comes any more

// Where records come from, up to the first exchange: a partition of a source; behind it, a lane.
// Belongs to who reads it. [worker]
struct Origin {
  std::string name;  // "source/partition"; of a lane kLaneOrigin
  int64_t quiet_since_us =
      INT64_MAX;  // wall clock since when it has had none; INT64_MAX: it may have
  bool ended = false;
  bool to_come = false;            // stands for partitions that may come up: nothing waits for them
  int64_t time_us = kNoWatermark;  // the largest event time that any tracker has seen of it
};
inline const std::string kLaneOrigin = "lane";

// What makes the watermark of one step on one worker. [worker]
class WatermarkTracker {
 public:
  WatermarkTracker(int64_t wait_us, std::optional<int64_t> idle_us, std::vector<Origin*> origins,
                   uint32_t worker = 0, uint32_t workers = 1);

  // One more, which has shown no event time yet.
  void add(Origin* origin) { entries_.push_back({origin}); }

  // A record with this event time came from there; SH_NO_TIME is ignored.
  void seen(Origin* origin, int64_t time_us);
  // The watermark, one of the constants above included. Never less than one that was given before,
  // idleness aside. When all partitions are idle or have ended nobody holds it back, and it has
  // come to the largest time of any, less the wait, before it is kIdleWatermark: see reached().
  int64_t watermark(int64_t now_us);
  // The last one that is a time.
  int64_t reached() const { return reached_; }
  // When a partition that is quiet now becomes idle; INT64_MAX: none will.
  int64_t next_us(int64_t now_us) const;

  // For snapshots: what to store of what has changed since the last call, and taking it up again.
  // An empty value means that the row goes. Lanes take the least that was stored of any.
  //
  // Beside the largest time of each origin there is how far each worker has come, and whether it
  // has stepped aside. What is behind the workers has gone on by the least of those that have not,
  // which may be more than the origins say: one that was idle is not so at once after a restart.
  // Windows that were closed must not open again.
  std::vector<std::pair<std::string, std::string>> take_changes();
  void restore(const std::map<std::string, std::string>& stored);

 private:
  struct Entry {
    Origin* origin;
    int64_t largest_us = kNoWatermark;
    bool changed = false;
  };
  bool idle(const Entry& entry, int64_t now_us) const;
  bool all_ended() const;

  const int64_t wait_us_;
  const std::optional<int64_t> idle_us_;
  std::vector<Entry> entries_;
  size_t last_ = 0;  // of the record before
  int64_t reached_ = kNoWatermark;
  const uint32_t worker_, workers_;
  bool aside_ = false;  // all its partitions are idle: others do not wait for this worker
  std::string stored_;  // its row in the last snapshot
  std::vector<std::string> gone_;  // rows of workers that are no more
};

}  // namespace streamhost
