#include "source_partition.h"

#include <algorithm>

namespace kafka_plugin {

namespace sh = streamhost;

namespace {

// What one poll takes at most, so that large messages do not flood the job.
constexpr double kMostBytes = 1 << 20;
// The lag of a partition that is far behind is looked at once in so many polls.
constexpr uint32_t kPollsPerLag = 16;

// Messages that were taken: gives back those that nobody has taken over.
class Taken {
 public:
  explicit Taken(std::span<rd_kafka_message_t*> messages) : left_(messages) {}
  ~Taken() {
    for (rd_kafka_message_t* message : left_) rd_kafka_message_destroy(message);
  }
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;

  std::span<rd_kafka_message_t*> left() const { return left_; }
  std::span<rd_kafka_message_t*> next(size_t count) {
    const auto first = left_.first(count);
    left_ = left_.subspan(count);
    return first;
  }

 private:
  std::span<rd_kafka_message_t*> left_;
};

bool is_of_message(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
    case RD_KAFKA_RESP_ERR__UNDERFLOW:
    case RD_KAFKA_RESP_ERR_INVALID_MSG: return true;
    default: return false;
  }
}

}  // namespace

SourcePartition::SourcePartition(std::shared_ptr<Reading> reading, const TopicPartition& partition,
                                 const Start& start, const Position& position)
    : reading_(std::move(reading)), feed_(reading_->open(partition, start)), position_(position) {
  reading_->metrics().opened(&lag_, partition_name(partition.topic, partition.partition));
}

SourcePartition::~SourcePartition() {
  reading_->metrics().closed(&lag_);
  reading_->close(feed_);
}

sh::Poll SourcePartition::poll(sh::Out& out, uint32_t budget) {
  if (ended_) return sh::Poll::end();
  reading_->begin();
  if (!feed_->ready.exchange(false, std::memory_order_acq_rel)) return sh::Poll::when_woken();
  switch (feed_->stage.load(std::memory_order_acquire)) {
    case Stage::looking_up: return sh::Poll::when_woken();
    case Stage::failed: throw sh::unavailable(feed_->why);
    case Stage::gone: gone(); return ended_ ? sh::Poll::end() : sh::Poll::when_woken();
    case Stage::reading: break;
  }
  if (!taken_over_) take_over();
  if (const int64_t now = feed_->end_now.exchange(-1, std::memory_order_acquire);
      now >= 0 && end_ && now < *end_) {
    reading_->context().warn("\"" + feed_->name + "\" ended at offset " + std::to_string(*end_) +
                             " when it was opened and ends at " + std::to_string(now) +
                             " now: messages were lost on the brokers");
    end_ = now;
  }
  if (at_end()) return finish();
  return read(out, budget);
}

void SourcePartition::take_over() {
  taken_over_ = true;
  read_any_ = false;
  if (!end_) end_ = feed_->end;
  if (feed_->first >= 0) {
    position_ = Position::at(feed_->first);
  } else {
    position_ = Position::earliest();
  }
  if (std::exchange(gone_, false)) {
    reading_->context().info("\"" + feed_->name + "\" is there again, and read from its beginning");
  }
}

bool SourcePartition::at_end() const {
  // One that is beyond its end was stored so: it is for the broker to say that it is out of range.
  return end_ && position_.kind == Position::Kind::offset && position_.offset >= *end_ &&
         (read_any_ || !feed_->queue || position_.offset == *end_);
}

sh::Poll SourcePartition::finish() {
  ended_ = true;
  update_lag(0);
  reading_->close(feed_);
  return sh::Poll::end();
}

sh::Poll SourcePartition::read(sh::Out& out, uint32_t budget) {
  const double by_size = std::max(1.0, kMostBytes / message_bytes_);
  const size_t wanted =
      std::min<size_t>({budget, reading_->options().batch, static_cast<size_t>(by_size)});
  auto& messages = reading_->messages;
  if (messages.size() < wanted) messages.resize(wanted);
  auto& errors = reading_->errors;
  errors.clear();
  const size_t count = reading_->take(*feed_, {messages.data(), wanted}, errors);
  const bool emptied = count < wanted;
  if (!emptied) feed_->ready.store(true, std::memory_order_relaxed);

  keep_fetching(emptied);

  Taken taken({messages.data(), count});
  while (!taken.left().empty()) {
    const auto left = taken.left();
    const auto stop = std::find_if(left.begin(), left.end(), [&](const rd_kafka_message_t* m) {
      return m->err != RD_KAFKA_RESP_ERR_NO_ERROR || (end_ && m->offset >= *end_);
    });
    if (stop != left.begin()) put_out(out, taken.next(static_cast<size_t>(stop - left.begin())));
    if (taken.left().empty()) break;
    const MessageHandle message(taken.next(1).front());
    read_any_ |= message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      position_ = Position::at(*end_);  // beyond the end: none that concerns us is left
      break;
    }
    if (trouble(message->err, message->offset, rd_kafka_message_errstr(message.get()))) {
      return sh::Poll::when_woken();
    }
  }
  for (const ReadError& error : errors) {
    if (trouble(error.code, RD_KAFKA_OFFSET_INVALID, error.text)) return sh::Poll::when_woken();
  }
  if (at_end()) return finish();
  lag_is_old_ |= count != 0;
  if (lag_is_old_ && (emptied || polls_++ % kPollsPerLag == 0)) {
    lag_is_old_ = false;
    const int64_t high = reading_->high_watermark(*feed_);
    if (high >= 0 && position_.kind == Position::Kind::offset) {
      update_lag(std::max<int64_t>(0, high - position_.offset));
    }
  }
  return emptied ? sh::Poll::when_woken() : sh::Poll::more();
}

// librdkafka's thread looks only once a second whether there is room again in a queue that was
// full.
void SourcePartition::keep_fetching(bool emptied) {
  const size_t queued = emptied ? 0 : rd_kafka_queue_length(feed_->queue.get());
  if (!was_full_) {
    was_full_ = reading_->is_full(queued, message_bytes_);
  } else if (emptied || !reading_->is_full(queued * 2, message_bytes_)) {
    was_full_ = false;
    reading_->nudge(feed_);
  }
}

void SourcePartition::put_out(sh::Out& out, Messages messages) {
  auto& records = reading_->records;
  if (records.size() < messages.size()) records.resize(messages.size());
  const int64_t last = messages.back()->offset;
  uint64_t bytes = 0;
  for (const rd_kafka_message_t* m : messages) bytes += m->len + m->key_len;
  const SourceOptions& options = reading_->options();
  const sh_external memory = Fetched::take(reading_->consumer(), feed_, messages,
                                           {options.message_headers, options.topic_header,
                                            options.partition_header, options.offset_header},
                                           records.data());
  const size_t count = messages.size();
  position_ = Position::at(last + 1);
  read_any_ = true;
  bytes_ += bytes;
  message_bytes_ += (static_cast<double>(bytes) / static_cast<double>(count) - message_bytes_) / 4;
  message_bytes_ = std::max(message_bytes_, 1.0);
  reading_->metrics().count(count, bytes);
  out.adopt(records.data(), static_cast<uint32_t>(count), memory);
}

bool SourcePartition::trouble(rd_kafka_resp_err_t code, int64_t offset, std::string_view text) {
  if (is_of_message(code)) {
    reject(offset, text);
    return false;
  }
  switch (code) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF: reached_end(offset); return false;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE: out_of_range(text); return true;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: reading_->suspect_gone(feed_); return false;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      throw sh::unavailable(where(RD_KAFKA_OFFSET_INVALID) +
                            " may not be read: " + std::string(text));
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      throw sh::unavailable(where(offset) + " is too large to be fetched: " + std::string(text) +
                            "; raise the property \"receive.message.max.bytes\"");
    default: break;
  }
  if (const auto fatal = reading_->events().fatal()) {
    throw sh::unavailable(where(RD_KAFKA_OFFSET_INVALID) + ": " + *fatal);
  }
  reading_->events().say(SH_LOG_WARN, where(offset) + ": " + std::string(text));
  return false;
}

// The offset moves over what is no message: marks of transactions, and aborted messages.
void SourcePartition::reached_end(int64_t offset) {
  if (position_.kind != Position::Kind::offset || position_.offset < offset) {
    position_ = Position::at(offset);
  }
  read_any_ = true;
  update_lag(0);
  // A replica that lags behind its leader ends earlier; so does a log that has lost its end.
  if (end_ && position_.offset < *end_) reading_->ask_end(feed_);
}

void SourcePartition::out_of_range(std::string_view text) {
  using Policy = SourceOptions::OutOfRange;
  const sh::Context& ctx = reading_->context();
  if (position_.kind != Position::Kind::offset ||
      (!read_any_ && feed_->start.kind == Start::Kind::earliest)) {
    // Nothing was read yet, and what was the first message has been deleted since.
    restart(Start::Kind::earliest);
    return;
  }
  const std::string what =
      where(position_.offset) + " is not there (any more): " + std::string(text);
  switch (reading_->options().out_of_range) {
    case Policy::fail:
      throw sh::state_error(
          what +
          "; messages were deleted before they were read, or the topic is another one of "
          "the same name. To go on without them say `on_offset_out_of_range = \"earliest\"` "
          "or \"latest\"");
    case Policy::earliest:
      ctx.warn(what + "; going on at the first message that is there");
      restart(Start::Kind::earliest);
      return;
    case Policy::latest:
      ctx.warn(what + "; going on after the last message that is there");
      restart(Start::Kind::latest);
      return;
  }
}

void SourcePartition::restart(Start::Kind kind) {
  if (kind == Start::Kind::earliest) position_ = Position::earliest();
  taken_over_ = false;
  was_full_ = false;
  feed_->ready.store(false, std::memory_order_relaxed);  // what is still queued is of no use
  feed_->start = {kind, 0};
  reading_->look_up(feed_);
}

void SourcePartition::gone() {
  if (gone_) return;
  const SourceOptions& options = reading_->options();
  const std::string what = where(RD_KAFKA_OFFSET_INVALID) + " does not exist any more";
  if (!options.waits_for(feed_->topic)) {
    throw sh::unavailable(what +
                          ": the topic was deleted, or has fewer partitions now. Create it again, "
                          "take it out of `topics`, or say `on_topic_gone = \"wait\"`");
  }
  gone_ = true;
  taken_over_ = false;
  update_lag(0);
  // Another one of the same name has other messages at the same offsets.
  position_ = Position::earliest();
  if (options.tail) {
    reading_->context().warn(what + "; when it comes up again it is read from its beginning");
    reading_->wait_for(feed_);
  } else {
    reading_->context().warn(what + "; it ends here");
    ended_ = true;
  }
}

void SourcePartition::reject(int64_t offset, std::string_view text) {
  sh_record record{};
  record.key_len = SH_ABSENT;
  record.value_len = SH_ABSENT;
  record.event_time_us = SH_NO_TIME;
  const std::string at = std::to_string(offset);
  const sh_header headers[] = {
      {sh::to_bytes("kafka.topic"), sh::to_bytes(feed_->topic)},
      {sh::to_bytes("kafka.partition"), sh::to_bytes(feed_->number)},
      {sh::to_bytes("kafka.offset"), sh::to_bytes(at)},
  };
  record.headers = headers;
  record.header_count = 3;
  reading_->context().reject(record, where(offset) + ": " + std::string(text));
}

void SourcePartition::update_lag(int64_t lag) {
  const int64_t before = std::exchange(lag_, lag);
  reading_->metrics().lag_changed(&lag_, before);
}

std::string SourcePartition::where(int64_t offset) const {
  std::string text = "topic \"" + feed_->topic + "\" partition " + feed_->number;
  if (offset >= 0) text += " offset " + std::to_string(offset);
  return text;
}

void SourcePartition::snapshot(sh::Writer& position) {
  noted_ = taken_over_ && position_.kind == Position::Kind::offset ? position_.offset : -1;
  position.write(format_position(position_));
}

void SourcePartition::committed(uint64_t epoch) {
  reading_->durable(*feed_, epoch, std::exchange(noted_, -1));
}

sh::Progress SourcePartition::progress() { return {bytes_, UINT64_MAX, SH_UNIT_BYTES}; }

}  // namespace kafka_plugin
