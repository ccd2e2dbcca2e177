// What the partitions of one worker have in common: a client, the thread that runs its errands, new
// partitions, and offsets for the group. Nothing that the worker calls here blocks.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <streamhost/sdk.hpp>
#include <string>
#include <thread>
#include <vector>

#include "errands.h"
#include "feed.h"
#include "fetched.h"
#include "group_offsets.h"
#include "source_metrics.h"
#include "source_options.h"

namespace kafka_plugin {

// An error that librdkafka reports where messages are read.
struct ReadError {
  rd_kafka_resp_err_t code;
  std::string text;
};

// The client's events. What librdkafka reports by the error callback while the worker takes
// messages concerns the partition at hand.
class ReadingEvents : public ClientEvents {
 public:
  using ClientEvents::ClientEvents;
  // Errors on this thread go to `errors`, until done() is called. [worker]
  void begin(std::vector<ReadError>* errors);
  void done();
  // Errors on this thread concern nobody, until the same is called with false. [one errand]
  void ignore(bool on);
  // Calls `down` once per outage, from a thread of the client's, until disarm() has returned.
  void arm(std::function<void()> down);
  void disarm() { arm(nullptr); }

 private:
  bool takes(rd_kafka_resp_err_t code, std::string_view text) override;
  void on_down() override;

  std::mutex down_mutex_;
  std::function<void()> down_;
  std::vector<ReadError>* errors_ = nullptr;  // the reader's
  std::atomic<std::thread::id> reader_{}, ignored_{};
};

// [worker] where nothing else is said.
class Reading {
 public:
  // `options` must outlive it. Throws config_error for properties that do not fit together.
  Reading(const streamhost::Context& ctx, SourceOptions& options);
  // Gives the errands and reports of offsets that are under way some seconds. [control]
  ~Reading();

  // The partitions there are; blocks until a broker answers or `connect_timeout` is over. [control]
  std::vector<std::string> list();

  // Makes the client and looks for new partitions from now on, when that was not done before: when
  // all partitions that were there are open.
  void begin();
  // Partitions that came up since; list() need not have been called here.
  std::vector<std::string> take_found();

  FeedPointer open(const TopicPartition& partition, const Start& start);
  // Begins anew by `feed->start`; its stage is Stage::looking_up.
  void look_up(const FeedPointer& feed);
  // Asks whether the partition is still there; makes its stage Stage::gone when it is not.
  void suspect_gone(const FeedPointer& feed);
  // Stage::gone: reads it from its beginning when it comes up again.
  void wait_for(const FeedPointer& feed);
  // Asks for the end again: `feed->end_now`.
  void ask_end(const FeedPointer& feed);
  // Whether that much in a queue keeps librdkafka from fetching more, about.
  bool is_full(size_t queued, double message_bytes) const {
    return queued >= most_queued_ ||
           static_cast<double>(queued) * message_bytes >= most_queued_bytes_;
  }
  // Makes librdkafka look whether there is room again, by asking the partition's leader something.
  void nudge(const FeedPointer& feed);
  // Fetches no more of it. May be called again.
  void close(const FeedPointer& feed);

  // Takes what has been fetched, up to the size of `into`; appends to `errors` what came between.
  size_t take(const Feed& feed, std::span<rd_kafka_message_t*> into,
              std::vector<ReadError>& errors);

  // The snapshot of `epoch` is durable, in which this feed was at `offset` (-1: not yet known).
  void durable(const Feed& feed, uint64_t epoch, int64_t offset) {
    group_.durable(feed.topic, feed.partition, epoch, offset, metrics_.open());
  }

  int64_t high_watermark(const Feed& feed) const;  // -1: not known yet

  const std::shared_ptr<Consumer>& consumer() const { return consumer_; }
  SourceMetrics& metrics() { return metrics_; }
  ReadingEvents& events() const { return *events_; }
  const streamhost::Context& context() const { return ctx_; }
  const SourceOptions& options() const { return options_; }

  // Scratch of whoever reads.
  std::vector<rd_kafka_message_t*> messages;
  std::vector<sh_record> records;
  std::vector<ReadError> errors;

 private:
  // Errands.
  void make_client(const std::vector<FeedPointer>& feeds);
  void look_up_waiting();
  void look_up_later(std::vector<FeedPointer> feeds);
  void start(const FeedPointer& feed);
  void stop(Feed& feed);
  void let_go_of_queue(Feed& feed);
  void check_suspects();
  void give_up(const FeedPointer& feed);
  void discover();
  void note_leaders(const Listing& listing);
  void watch_outage();
  void fail(const FeedPointer& feed, const std::string& why);

  const streamhost::Context ctx_;
  SourceOptions& options_;
  const std::shared_ptr<ReadingEvents> events_;
  const streamhost::Waker waker_;
  std::shared_ptr<Consumer> consumer_;  // made by the first errand

  // Written before anything is read.
  size_t most_queued_ = 0;
  double most_queued_bytes_ = 0;

  bool begun_ = false;
  std::vector<FeedPointer> before_begin_;
  std::mutex mutex_;  // of the next four
  std::vector<FeedPointer> to_look_up_;
  std::vector<FeedPointer> suspects_;
  std::vector<std::string> found_;
  std::set<std::string> known_;

  // The errands' alone.
  std::map<std::string, TopicHandle> topics_;
  std::map<std::string, FeedPointer> awaited_;  // gone, by name
  std::map<std::string, int32_t> leaders_;

  GroupOffsets group_;

  SourceMetrics metrics_;

  Errands errands_;  // last: its thread uses the others
};

}  // namespace kafka_plugin
