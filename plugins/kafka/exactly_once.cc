#include "exactly_once.h"

#include <chrono>
#include <random>

#include "epoch_marker.h"
#include "kept_epoch.h"
#include "transaction.h"

namespace kafka_plugin {
namespace {

namespace sh = streamhost;

// A worker that holds so many times `epoch_bytes`, while the end of its epoch cannot come yet,
// takes nothing more.
constexpr uint64_t kFull = 4;
constexpr int64_t kFullPauseUs = 2'000;
// An epoch is asked to end when its transaction has taken this part of its time.
constexpr int kAlarmPart = 3;

std::string new_nonce() {
  std::random_device random;
  std::string nonce;
  for (int i = 0; i < 4; ++i) {
    static constexpr char kDigits[] = "0123456789abcdef";
    const uint32_t bits = random();
    for (unsigned d = 0; d < 8; ++d) nonce.push_back(kDigits[(bits >> (4 * d)) & 15]);
  }
  return nonce;
}

}  // namespace

ExactlyOnce::ExactlyOnce(const sh::Context& ctx, const SinkOptions& options, bool is_named,
                         std::function<void()> closed)
    : ctx_(ctx),
      options_(options),
      closed_(std::move(closed)),
      crash_(ctx),
      handle_{options.transactional_id, ctx.worker_index(), ctx.worker_count(), "", options.topic,
              options.marker_topic},
      addressing_(options),
      producer_(options.conf_for(handle_.transactional_id()), ctx, ctx.waker()),
      output_(options.topic),
      is_named_(is_named),
      background_(ctx.waker()) {
  producer_.connect();
  background_.start([this](const Background::Stop& stop) {
    make_marker_topic(producer_, options_.conf, ctx_, options_.marker_topic,
                      static_cast<int>(options_.marker_replication), stop);
    init_transactions(producer_, stop);
    if (!is_named_) {
      markers_end_ = end_of_markers(options_.conf, ctx_, options_.marker_topic, stop);
    }
  });
}

ExactlyOnce::~ExactlyOnce() {
  closed_();
  // A failed job: readers need not wait until the brokers give the transaction up.
  if (state_ == State::kOpen || state_ == State::kPrepared) try_to_abort(producer_);
}

void ExactlyOnce::look() {
  producer_.serve();
  if (state_ == State::kStarting) {
    if (background_.running()) return;  // which tells what is wrong, and at what
    background_.check();
    state_ = is_named_ ? State::kReady : State::kUnnamed;
  }
  producer_.check();
}

void ExactlyOnce::begin() {
  begin_transaction(producer_);
  state_ = State::kOpen;
  crash_.pass("kafka_begun");
  // The brokers give up a transaction that takes too long, so its epoch must not.
  const auto after = std::chrono::microseconds(options_.transaction_timeout_us / kAlarmPart);
  background_.alarm(Background::Clock::now() + after, [ctx = ctx_] { ctx.request_epoch(); });
}

bool ExactlyOnce::is_full() {
  if (output_.bytes() < options_.epoch_bytes) return false;
  ask_for_end();
  return output_.bytes() >= kFull * options_.epoch_bytes && !ctx_.request_epoch();
}

void ExactlyOnce::ask_for_end() {
  if (asked_for_end_) return;
  asked_for_end_ = true;
  ctx_.request_epoch();
}

// What is appended next is the first message that was not sent.
void ExactlyOnce::keep_from_here() {
  all_sent_ = false;
  unsent_.to_end(output_);
}

bool ExactlyOnce::send_kept() {
  if (all_sent_) return true;
  if (state_ == State::kReady) begin();
  if (state_ != State::kOpen) return false;
  Outgoing message;
  std::string why;
  while (unsent_.get(output_, message)) {
    switch (producer_.send(message, why)) {
      case Producer::Sent::kYes: break;
      case Producer::Sent::kFull: return false;
      case Producer::Sent::kBad: throw sh::unavailable(why);
    }
    unsent_.next();
  }
  return all_sent_ = true;
}

sh::Written ExactlyOnce::write(const sh::Batch& in) {
  look();
  if (!is_named_) ask_for_end();
  if (!send_kept() && state_ == State::kOpen && output_.bytes() >= options_.epoch_bytes) {
    // The client's queue is full, and enough is kept beside it.
    producer_.deliveries().wake_me();
    look();
    if (!send_kept()) return {0};
  }
  for (uint32_t i = 0; i < in.size(); ++i) {
    if (is_full()) return {i, ctx_.now_us() + kFullPauseUs};
    const sh_record& record = in.raw().records[i];
    Outgoing message;
    if (const auto why = addressing_.address(record, message)) {
      ctx_.reject(record, *why);
      continue;
    }
    if (all_sent_ && (state_ == State::kReady || state_ == State::kOpen)) {
      if (state_ == State::kReady) begin();
      std::string why;
      const Producer::Sent sent = producer_.send(message, why);
      if (sent == Producer::Sent::kBad) {
        ctx_.reject(record, why);
        continue;
      }
      if (sent == Producer::Sent::kFull) keep_from_here();
    } else if (all_sent_) {
      keep_from_here();
    }
    output_.append(message);
  }
  return {in.size()};
}

void ExactlyOnce::flush() {
  look();
  send_kept();
}

sh::Settled ExactlyOnce::prepare(uint64_t epoch, sh::Writer& handle) {
  producer_.deliveries().wake_me();
  look();
  if (state_ == State::kStarting) return sh::Settled::when_woken();
  EpochHandle made = handle_;
  if (!output_.empty() && is_named_) {
    if (!send_kept()) return sh::Settled::when_woken();
    if (!marker_sent_) {
      handle_.nonce = new_nonce();
      const std::string id = handle_.transactional_id();
      const std::string text = marker_text(epoch, handle_.nonce);
      std::string why;
      switch (producer_.send(marker_of(handle_, id, text), why, true)) {
        case Producer::Sent::kYes: break;
        case Producer::Sent::kFull: return sh::Settled::when_woken();
        case Producer::Sent::kBad: throw sh::unavailable(why);
      }
      marker_sent_ = true;
      producer_.serve();
      producer_.check();
    }
    if (producer_.deliveries().in_flight() != 0) return sh::Settled::when_woken();
    producer_.check();
    crash_.pass("kafka_delivered");
    made = handle_;
    made.marker_offset = producer_.deliveries().marker_offset();
    background_.no_alarm();
  } else if (!output_.empty()) {
    made.nonce = new_nonce();
    made.marker_offset = markers_end_;
    made.sent = false;
  }
  const std::string bytes = encode_handle(made, output_);
  handle.write(bytes);
  if (!made.sent) to_send_ = bytes;
  if (made.has_output()) state_ = State::kPrepared;
  output_.clear();
  unsent_.reset();
  all_sent_ = true;
  marker_sent_ = asked_for_end_ = false;
  prepared_epoch_ = epoch;
  return {};
}

void ExactlyOnce::send_prepared(const Background::Stop& stop) {
  std::string_view kept;
  const EpochHandle handle = decode_handle(to_send_, kept);
  const EpochOutput output = output_of(handle, kept, "this epoch");
  begin_transaction(producer_);
  crash_.pass("kafka_begun");
  send_kept_epoch(producer_, prepared_epoch_, handle, output, stop);
  crash_.pass("kafka_delivered");
}

sh::Settled ExactlyOnce::commit() {
  is_named_ = true;
  if (state_ == State::kPrepared) {
    state_ = State::kCommitting;
    background_.start([this](const Background::Stop& stop) {
      crash_.pass("kafka_committing");
      if (!to_send_.empty()) send_prepared(stop);
      commit_transaction(producer_, stop);
      crash_.pass("kafka_committed");
    });
  }
  if (state_ == State::kCommitting) {
    if (background_.running()) return sh::Settled::when_woken();
    background_.check();
    std::string().swap(to_send_);
  } else if (state_ != State::kUnnamed) {
    return {};  // the epoch has put nothing out
  }
  state_ = State::kReady;
  send_kept();
  return {};
}

}  // namespace kafka_plugin
