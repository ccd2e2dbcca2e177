// One topic partition being fetched: what the worker that reads it and the thread that runs errands
// for it share.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <streamhost/sdk.hpp>
#include <string>

#include "handles.h"
#include "source_options.h"
#include "topics.h"

namespace kafka_plugin {

// Who may touch what follows from the stage. Whoever sets it does so last, with release.
enum class Stage {
  looking_up,  // the errands find out where to begin, and begin
  reading,     // messages come by the queue
  gone,        // the topic or partition is not there (any more)
  failed       // it cannot be read, `why` says why not
};

struct Feed {
  Feed(const TopicPartition& of, streamhost::Waker to_wake)
      : topic(of.topic),
        partition(of.partition),
        number(std::to_string(of.partition)),
        name(partition_name(of.topic, of.partition)),
        waker(std::move(to_wake)) {}

  // Makes the worker look at this one. One wake is enough until it does. [any thread]
  void wake() {
    if (!ready.exchange(true, std::memory_order_acq_rel)) waker.wake();
  }

  const std::string topic;
  const int32_t partition;
  const std::string number, name;  // "3", "topic/3"
  const streamhost::Waker waker;

  std::atomic<bool> ready{true};  // there may be something to do for the worker
  std::atomic<Stage> stage{Stage::looking_up};

  // The worker's before look_up(), the errands' while looking up, the worker's to read afterwards.
  Start start;
  int64_t first = 0;           // the offset begun at, or RD_KAFKA_OFFSET_BEGINNING
  std::optional<int64_t> end;  // without `tail`: the end when it was opened
  std::string why;
  QueueHandle queue;  // null when there is nothing to fetch

  // A later look at the end, when it was not reached: -1 until then.
  std::atomic<int64_t> end_now{-1};

  // The errands' alone.
  bool fetching = false;
  bool closed = false;
  int missed = 0;  // how often it was not there
};

using FeedPointer = std::shared_ptr<Feed>;

}  // namespace kafka_plugin
