#include "reading.h"

#include <algorithm>
#include <array>

#include "lookup.h"

namespace kafka_plugin {

namespace sh = streamhost;
using namespace std::chrono_literals;

namespace {

constexpr int kCallTimeoutMs = 5000;  // of an errand, which can be tried again
constexpr int kNudgeTimeoutMs = 500;
constexpr auto kRetry = 1000ms;
constexpr int kMissedToBeGone = 3;

// A fetch of a partition is no smaller, so that messages of a usual size need no second one.
constexpr uint64_t kLeastFetch = 64 * 1024;
constexpr uint64_t kMostFetch = 1024 * 1024;
// Bytes are what bounds the queue; librdkafka wants a number of messages as well. Fewer would make
// it wait in the midst of small ones. The most that it takes is ten million.
constexpr uint64_t kSmallMessage = 16;
constexpr uint64_t kLeastQueued = 50, kMostQueued = 10'000'000;

void on_queue_event(rd_kafka_t*, void* feed) { static_cast<Feed*>(feed)->wake(); }

}  // namespace

void ReadingEvents::begin(std::vector<ReadError>* errors) {
  errors_ = errors;
  reader_.store(std::this_thread::get_id(), std::memory_order_relaxed);
}

void ReadingEvents::done() { reader_.store({}, std::memory_order_relaxed); }

void ReadingEvents::arm(std::function<void()> down) {
  const std::lock_guard lock(down_mutex_);
  down_ = std::move(down);
}

void ReadingEvents::on_down() {
  const std::lock_guard lock(down_mutex_);
  if (down_) down_();
}

void ReadingEvents::ignore(bool on) {
  ignored_.store(on ? std::this_thread::get_id() : std::thread::id(), std::memory_order_relaxed);
}

bool ReadingEvents::takes(rd_kafka_resp_err_t code, std::string_view text) {
  if (ignored_.load(std::memory_order_relaxed) == std::this_thread::get_id()) return true;
  if (reader_.load(std::memory_order_relaxed) != std::this_thread::get_id()) return false;
  errors_->push_back({code, std::string(text)});
  return true;
}

Reading::Reading(const sh::Context& ctx, SourceOptions& options)
    : ctx_(ctx),
      options_(options),
      events_(std::make_shared<ReadingEvents>(ctx)),
      waker_(ctx.waker()),
      group_(options.group, events_),
      metrics_(ctx) {
  const Client checked(options.conf, events_);  // and dropped: nothing was connected to
}

Reading::~Reading() {
  errands_.finish();
  group_.finish();
  events_->disarm();
  topics_.clear();
  consumer_.reset();
}

std::vector<std::string> Reading::list() {
  const auto until = std::chrono::steady_clock::now() + options_.connect_timeout;
  const auto left = [&] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(until -
                                                                 std::chrono::steady_clock::now());
  };
  Client client(options_.conf, events_);
  client.connect();
  std::string why;
  Listing listing;
  for (;;) {
    why.clear();
    try {
      listing = list_partitions(client.get(), options_.topics,
                                static_cast<int>(std::clamp<int64_t>(left().count(), 100, 10'000)));
      events_->answered();
      for (const std::string& topic : listing.unclear) why += (why.empty() ? "" : ", ") + topic;
      if (why.empty()) break;
      why = "the brokers do not know yet: " + why;
    } catch (const sh::Error& e) {
      why = e.what();
      const std::string last = events_->last_error();
      if (!last.empty()) why += " (" + last + ")";
    }
    if (left() <= 0ms) {
      throw sh::unavailable(
          "brokers \"" + client.brokers() + "\": " + why + "; gave up after " +
          std::to_string(options_.connect_timeout.count()) +
          " ms (option `connect_timeout`); look whether `brokers` is right, they run, and the "
          "security properties are theirs");
    }
    std::this_thread::sleep_for(std::min(left(), 250ms));
  }
  for (const std::string& topic : listing.missing) {
    if (!options_.waits_for(topic)) {
      throw sh::config_error("the topic \"" + topic +
                             "\" does not exist: create it, correct `topics`, or say "
                             "`on_topic_gone = \"wait\"`");
    }
    ctx_.warn("the topic \"" + topic + "\" does not exist" +
              (options_.tail ? "; it is read when it comes up" : ""));
  }
  if (listing.partitions.empty() && listing.missing.empty()) {
    ctx_.warn(std::string("no topic matches `topics`") +
              (options_.tail ? "; waiting for one that does" : ""));
  }
  std::vector<std::string> names;
  const std::lock_guard lock(mutex_);
  for (const TopicPartition& p : listing.partitions) {
    names.push_back(partition_name(p.topic, p.partition));
    known_.insert(names.back());
  }
  return names;
}

void Reading::begin() {
  if (begun_) return;
  begun_ = true;
  if (before_begin_.empty() && !options_.tail) return;
  errands_.post([this, feeds = std::exchange(before_begin_, {})] { make_client(feeds); });
}

std::vector<std::string> Reading::take_found() {
  const std::lock_guard lock(mutex_);
  return std::exchange(found_, {});
}

FeedPointer Reading::open(const TopicPartition& partition, const Start& start) {
  auto feed = std::make_shared<Feed>(partition, waker_);
  feed->start = start;
  look_up(feed);
  return feed;
}

void Reading::look_up(const FeedPointer& feed) {
  feed->stage.store(Stage::looking_up, std::memory_order_relaxed);
  if (!begun_) {
    before_begin_.push_back(feed);
    return;
  }
  look_up_later({feed});
}

void Reading::look_up_later(std::vector<FeedPointer> feeds) {
  const std::lock_guard lock(mutex_);
  if (to_look_up_.empty()) errands_.post([this] { look_up_waiting(); });
  to_look_up_.insert(to_look_up_.end(), feeds.begin(), feeds.end());
}

void Reading::suspect_gone(const FeedPointer& feed) {
  const std::lock_guard lock(mutex_);
  if (std::find(suspects_.begin(), suspects_.end(), feed) != suspects_.end()) return;
  if (suspects_.empty()) errands_.post([this] { check_suspects(); });
  suspects_.push_back(feed);
}

void Reading::wait_for(const FeedPointer& feed) {
  errands_.post([this, feed] { awaited_[feed->name] = feed; });
}

void Reading::ask_end(const FeedPointer& feed) {
  errands_.post([this, feed] {
    auto probe = std::make_shared<Feed>(TopicPartition{feed->topic, feed->partition, -1}, waker_);
    probe->start = {Start::Kind::latest, 0};
    const LookUp found =
        kafka_plugin::look_up(consumer_->client.get(), {probe}, false, kCallTimeoutMs);
    if (found.done.empty()) return;  // librdkafka reports the end again when it moves
    feed->end_now.store(probe->first, std::memory_order_release);
    feed->wake();
  });
}

void Reading::nudge(const FeedPointer& feed) {
  errands_.post([this, feed] {
    if (feed->closed) return;
    int64_t low = 0, high = 0;
    rd_kafka_query_watermark_offsets(consumer_->client.get(), feed->topic.c_str(), feed->partition,
                                     &low, &high, kNudgeTimeoutMs);
  });
}

void Reading::close(const FeedPointer& feed) {
  errands_.post([this, feed] {
    if (feed->closed) return;
    feed->closed = true;
    awaited_.erase(feed->name);
    stop(*feed);
    let_go_of_queue(*feed);
  });
}

size_t Reading::take(const Feed& feed, std::span<rd_kafka_message_t*> into,
                     std::vector<ReadError>& into_errors) {
  events_->begin(&into_errors);
  const ssize_t taken = rd_kafka_consume_batch_queue(feed.queue.get(), 0, into.data(), into.size());
  events_->done();
  if (taken < 0) throw sh::unavailable(error_text(rd_kafka_last_error()));
  return static_cast<size_t>(taken);
}

int64_t Reading::high_watermark(const Feed& feed) const {
  int64_t low = -1, high = -1;
  if (rd_kafka_get_watermark_offsets(consumer_->client.get(), feed.topic.c_str(), feed.partition,
                                     &low, &high) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return -1;
  }
  return high < 0 ? -1 : high;
}

// -- Errands ------------------------------------------------------------------------------------

void Reading::make_client(const std::vector<FeedPointer>& feeds) {
  try {
    const uint64_t share = options_.prefetch / std::max<size_t>(feeds.size(), 1);
    ClientConf& conf = options_.conf;
    conf.set("queued.max.messages.kbytes",
             std::to_string(std::clamp<uint64_t>(share / 1024, 1, 2'097'151)));
    if (!conf.is_given("queued.min.messages")) {
      conf.set("queued.min.messages",
               std::to_string(std::clamp(share / kSmallMessage, kLeastQueued, kMostQueued)));
    }
    // It is full a little earlier: something is always taken before this is asked.
    most_queued_ = static_cast<size_t>(std::stoull(conf.get("queued.min.messages"))) * 3 / 4;
    most_queued_bytes_ = 0.75 * static_cast<double>(std::max<uint64_t>(share, 1024));
    if (!conf.is_given("fetch.message.max.bytes") && !conf.is_given("max.partition.fetch.bytes")) {
      conf.set("fetch.message.max.bytes",
               std::to_string(std::clamp(share / 2, kLeastFetch, kMostFetch)));
    }
    consumer_ = std::make_shared<Consumer>(ctx_, metrics_.in_flight(), conf, events_);
    events_->arm([this] {
      metrics_.outage();
      errands_.post([this] { watch_outage(); });
    });
    group_.use(consumer_->client.get());
    consumer_->client.connect();
  } catch (const std::exception& e) {
    for (const FeedPointer& feed : feeds) fail(feed, e.what());
    return;
  }
  if (!feeds.empty()) look_up_later(feeds);
  if (options_.tail) errands_.post_in(options_.discover, [this] { discover(); });
}

void Reading::look_up_waiting() {
  std::vector<FeedPointer> feeds;
  {
    const std::lock_guard lock(mutex_);
    feeds = std::exchange(to_look_up_, {});
  }
  if (!consumer_) {
    for (const FeedPointer& feed : feeds) fail(feed, "the client could not be made");
    return;
  }
  std::erase_if(feeds, [](const FeedPointer& feed) { return feed->closed; });
  LookUp found =
      kafka_plugin::look_up(consumer_->client.get(), feeds, !options_.tail, kCallTimeoutMs);
  for (const FeedPointer& feed : found.done) start(feed);
  for (const FeedPointer& feed : found.failed) fail(feed, feed->why);
  for (FeedPointer& feed : found.missing) {
    if (++feed->missed >= kMissedToBeGone) {
      give_up(feed);
    } else {
      found.again.push_back(std::move(feed));
    }
  }
  if (found.again.empty()) return;
  if (!found.why_again.empty()) {
    events_->say(SH_LOG_WARN, "where to begin in " + std::to_string(found.again.size()) +
                                  " partitions, such as \"" + found.again.front()->name +
                                  "\", cannot be asked for: " + found.why_again + "; trying again");
  }
  errands_.post_in(kRetry, [this, again = std::move(found.again)] { look_up_later(again); });
}

void Reading::start(const FeedPointer& feed) {
  stop(*feed);
  let_go_of_queue(*feed);
  feed->missed = 0;
  const bool at_end =
      feed->end && (feed->first == *feed->end ||
                    (feed->first > *feed->end && feed->start.kind == Start::Kind::latest));
  if (!at_end) {
    rd_kafka_t* client = consumer_->client.get();
    TopicHandle& topic = topics_[feed->topic];
    if (!topic) topic.reset(rd_kafka_topic_new(client, feed->topic.c_str(), nullptr));
    // A new one: a topic that was gone for a while has new partitions, in librdkafka's books.
    feed->queue.reset(rd_kafka_queue_get_partition(client, feed->topic.c_str(), feed->partition));
    rd_kafka_queue_cb_event_enable(feed->queue.get(), on_queue_event, feed.get());
    if (rd_kafka_consume_start(topic.get(), feed->partition, feed->first) != 0) {
      fail(feed, "\"" + feed->name + "\" cannot be read: " + error_text(rd_kafka_last_error()));
      return;
    }
    feed->fetching = true;
  }
  feed->stage.store(Stage::reading, std::memory_order_release);
  feed->wake();
}

void Reading::stop(Feed& feed) {
  if (!std::exchange(feed.fetching, false)) return;
  rd_kafka_consume_stop(topics_.at(feed.topic).get(), feed.partition);
}

// What is left in the queue of a partition that has left its topic would keep the partition, which
// keeps the queue, and librdkafka would wait for both when the client ends.
void Reading::let_go_of_queue(Feed& feed) {
  if (!feed.queue) return;
  rd_kafka_queue_cb_event_enable(feed.queue.get(), nullptr, nullptr);
  std::array<rd_kafka_message_t*, 256> left;
  events_->ignore(true);
  for (;;) {
    const ssize_t count =
        rd_kafka_consume_batch_queue(feed.queue.get(), 0, left.data(), left.size());
    for (ssize_t i = 0; i < count; ++i) rd_kafka_message_destroy(left[static_cast<size_t>(i)]);
    if (count < static_cast<ssize_t>(left.size())) break;
  }
  events_->ignore(false);
  feed.queue.reset();
}

void Reading::fail(const FeedPointer& feed, const std::string& why) {
  feed->why = why;
  feed->stage.store(Stage::failed, std::memory_order_release);
  feed->wake();
}

void Reading::give_up(const FeedPointer& feed) {
  if (feed->closed) return;
  stop(*feed);
  feed->missed = 0;
  feed->stage.store(Stage::gone, std::memory_order_release);
  feed->wake();
}

void Reading::check_suspects() {
  std::vector<FeedPointer> suspects;
  {
    const std::lock_guard lock(mutex_);
    suspects = suspects_;
  }
  std::set<std::string> there;
  bool answered = true;
  try {
    const Listing listing =
        list_partitions(consumer_->client.get(), options_.topics, kCallTimeoutMs);
    for (const TopicPartition& p : listing.partitions) {
      there.insert(partition_name(p.topic, p.partition));
    }
    events_->answered();
  } catch (const sh::Error&) {
    answered = false;
  }
  std::vector<FeedPointer> cleared;
  for (const FeedPointer& feed : suspects) {
    if (!answered && !feed->closed) continue;
    if (feed->closed || there.contains(feed->name)) {
      feed->missed = 0;  // librdkafka goes on by itself
      cleared.push_back(feed);
    } else if (++feed->missed >= kMissedToBeGone) {
      give_up(feed);
      cleared.push_back(feed);
    }
  }
  const std::lock_guard lock(mutex_);
  std::erase_if(suspects_, [&](const FeedPointer& feed) {
    return std::find(cleared.begin(), cleared.end(), feed) != cleared.end();
  });
  if (!suspects_.empty()) errands_.post_in(kRetry, [this] { check_suspects(); });
}

void Reading::discover() {
  try {
    const Listing listing =
        list_partitions(consumer_->client.get(), options_.topics, kCallTimeoutMs);
    events_->answered();
    note_leaders(listing);
    bool found = false;
    for (const TopicPartition& p : listing.partitions) {
      const std::string name = partition_name(p.topic, p.partition);
      const auto awaited = awaited_.find(name);
      if (awaited != awaited_.end()) {
        FeedPointer feed = std::move(awaited->second);
        awaited_.erase(awaited);
        feed->start = {Start::Kind::earliest, 0};
        look_up_later({std::move(feed)});
      }
      const std::lock_guard lock(mutex_);
      if (!known_.insert(name).second) continue;
      found_.push_back(name);
      found = true;
    }
    if (found) waker_.wake();
  } catch (const sh::Error& e) {
    events_->say(SH_LOG_DEBUG, std::string("new partitions cannot be looked for: ") + e.what());
  }
  errands_.post_in(options_.discover, [this] { discover(); });
}

void Reading::note_leaders(const Listing& listing) {
  if (!ctx_.log_enabled(SH_LOG_DEBUG)) return;
  for (const TopicPartition& p : listing.partitions) {
    const auto [known, is_new] =
        leaders_.try_emplace(partition_name(p.topic, p.partition), p.leader);
    if (is_new || known->second == p.leader) continue;
    ctx_.log(SH_LOG_DEBUG, "the leader of \"" + known->first + "\" is broker " +
                               std::to_string(p.leader) + " now, it was " +
                               std::to_string(known->second));
    known->second = p.leader;
  }
}

void Reading::watch_outage() {
  if (!events_->is_down()) return;
  const rd_kafka_metadata_t* raw = nullptr;
  const rd_kafka_resp_err_t error =
      rd_kafka_metadata(consumer_->client.get(), 0, nullptr, &raw, kCallTimeoutMs);
  const MetadataHandle metadata(raw);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    events_->answered();
  } else {
    errands_.post_in(kRetry, [this] { watch_outage(); });
  }
}

}  // namespace kafka_plugin
