#include "cluster/connection.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstring>
#include <utility>

#include "base/units.h"

namespace streamhost::cluster {
namespace {

namespace asio = boost::asio;

// How long a good-bye may take to leave, and how long the other one then has to close its side. A
// socket that is closed while something unread lies in it takes back what it has sent last.
constexpr auto kGoodByeTime = std::chrono::seconds(1);
constexpr auto kLingerTime = std::chrono::milliseconds(200);

// What is read along with the end of a large body: the header of the next one, and little of the
// next body, as that has to be copied.
constexpr size_t kLookAhead = 1024;

}  // namespace

Connection::Connection(asio::io_context& io, std::unique_ptr<Link> link, ArenaPool& pool,
                       uint32_t peer)
    : io_(io),
      link_(std::move(link)),
      pool_(pool),
      peer_(peer),
      staging_(kStaging),
      deadline_(io) {}

void Connection::start(std::shared_ptr<Owner> owner, std::string_view first) {
  owner_ = std::move(owner);
  self_ = shared_from_this();
  if (first.size() > staging_.size()) staging_.resize(first.size());
  if (!first.empty()) std::memcpy(staging_.data(), first.data(), first.size());
  end_ = first.size();
  heard_ = true;
  take_frames();
  read();
}

// Reading.

void Connection::read() {
  if (closed_ || reading_) return;
  if (!is_heard()) {
    body_ = {};
    begin_ = end_ = 0;
  }
  if (begin_ != 0) {
    std::memmove(staging_.data(), &staging_[begin_], end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  size_t buffers = 0;
  if (body_) {
    read_buffers_[buffers++] = {ArenaPool::bytes(body_.get()) + body_have_,
                                header_.size - body_have_};
  }
  const size_t room = staging_.size() - end_;
  read_buffers_[buffers++] = {staging_.data() + end_, large_ ? std::min(room, kLookAhead) : room};
  reading_ = true;
  link_->read_some({read_buffers_.data(), buffers},
                   [this](const Error& error, size_t bytes) { on_read(error, bytes); });
}

void Connection::on_read(const Error& error, size_t bytes) {
  const std::shared_ptr<Connection> self = self_;
  reading_ = false;
  if (closed_) return settle();
  if (error) {
    close_link();
    return end(why_.empty() ? text_of(error) : why_);
  }
  if (!is_heard()) return read();
  heard_ = true;
  if (body_) {
    const size_t of_body = std::min(bytes, header_.size - body_have_);
    body_have_ += of_body;
    bytes -= of_body;
    end_ += bytes;
    if (body_have_ == header_.size) hand_on_body();
  } else {
    end_ += bytes;
  }
  take_frames();
  read();
}

void Connection::take_frames() {
  while (is_heard() && !body_ && end_ - begin_ >= kHeaderSize) {
    const uint8_t* const at = &staging_[begin_];
    const Result<FrameHeader> header =
        read_header(std::span<const uint8_t, kHeaderSize>(at, kHeaderSize), kMaxBody);
    if (!header) return end(header.status().message());
    header_ = *header;
    ArenaPool* const pool = owner_->pool_for(peer_, header_);
    if (pool != nullptr || header_.size > kMostInPlace) {
      if (!begin_body(pool != nullptr ? *pool : pool_)) return;
    } else {
      if (end_ - begin_ < kHeaderSize + header_.size) break;
      begin_ += kHeaderSize + header_.size;
      hand_on({header_, {at + kHeaderSize, header_.size}, {}});
    }
  }
}

bool Connection::begin_body(ArenaPool& pool) {
  body_ = ArenaRef::adopt(pool.chunk(header_.size));
  if (!body_) {
    end("there is no memory for a frame of " + std::to_string(header_.size) + " bytes from it");
    return false;
  }
  begin_ += kHeaderSize;
  body_have_ = std::min<size_t>(end_ - begin_, header_.size);
  if (body_have_ != 0) {
    std::memcpy(ArenaPool::bytes(body_.get()), &staging_[begin_], body_have_);
  }
  begin_ += body_have_;
  if (body_have_ == header_.size) hand_on_body();
  return true;
}

void Connection::hand_on_body() {
  const std::span<const uint8_t> body(ArenaPool::bytes(body_.get()), header_.size);
  hand_on({header_, body, std::exchange(body_, {})});
}

void Connection::hand_on(Received frame) {
  large_ = frame.body.size() > kStaging / 2;
  if (!checks(frame.header, frame.body)) {
    return end("a frame of it came damaged: the checksum is wrong");
  }
  if (frame.header.type == FrameType::kHeartbeat) return;
  const std::shared_ptr<Owner> owner = owner_;
  if (frame.header.flags != 0) {
    ArenaPool* const pool = owner->pool_for(peer_, frame.header);
    const Status unpacked = unpack(frame, pool != nullptr ? *pool : pool_);
    if (!unpacked) return end(unpacked.message());
  }
  const Status taken = owner->take(peer_, frame);
  if (!taken) end(taken.message());
}

// Writing.

void Connection::send(Frame frame, Written written) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (!ended_) {
      queue_.push_back({std::move(frame), std::move(written)});
      wake = !std::exchange(awake_, true);
      written = nullptr;
    }
  }
  if (written) written();
  if (wake) asio::post(io_, [self = shared_from_this()] { self->write(); });
}

void Connection::write() {
  if (closed_ || writing_) return;
  if (hurry_) drop_unsent();
  if (first_ == leaving_.size()) {
    leaving_.clear();
    first_ = 0;
    const std::lock_guard lock(mutex_);
    if (!broken_) leaving_.swap(queue_);
    if (leaving_.empty() && last_.chunk && !broken_) {
      leaving_.push_back({std::exchange(last_, {}), nullptr});
    }
    if (leaving_.empty()) awake_ = false;
  }
  if (leaving_.empty()) return on_all_written();
  const size_t frames = std::min(leaving_.size() - first_, kMostBuffers);
  for (size_t i = 0; i < frames; ++i) {
    const std::span<const uint8_t> bytes = leaving_[first_ + i].frame.bytes();
    write_buffers_[i] = {bytes.data(), bytes.size()};
  }
  write_buffers_[0] += offset_;
  writing_ = true;
  link_->write_some({write_buffers_.data(), frames},
                    [this](const Error& error, size_t bytes) { on_written(error, bytes); });
}

void Connection::on_written(const Error& error, size_t bytes) {
  const std::shared_ptr<Connection> self = self_;
  writing_ = false;
  if (closed_) return settle();
  if (error) {
    // What the other one has sent before, its reason perhaps, is still to be read.
    if (finishing_) return close_link();
    why_ = text_of(error);
    broken_ = true;
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    drop_unsent();
    return link_->end_reading();
  }
  sent_ = true;
  offset_ += bytes;
  while (first_ < leaving_.size() && offset_ >= leaving_[first_].frame.size) {
    Outgoing left = std::move(leaving_[first_++]);
    offset_ -= left.frame.size;
    left.frame.chunk = {};
    if (left.written) left.written();
  }
  write();
}

void Connection::on_all_written() {
  if (!finishing_ || said_all_) return;
  said_all_ = true;
  link_->end_writing();
  deadline_.expires_after(kLingerTime);
  deadline_.async_wait([self = shared_from_this()](const Error& error) {
    if (!error) self->close_link();
  });
}

// Drops what has not begun to leave, or everything when nothing can leave any more.
void Connection::drop_unsent() {
  const size_t keep = !broken_ && offset_ != 0 ? 1 : 0;
  std::vector<Outgoing> unsent;
  for (size_t i = first_ + keep; i < leaving_.size(); ++i) {
    unsent.push_back(std::move(leaving_[i]));
  }
  leaving_.resize(std::min(first_ + keep, leaving_.size()));
  if (keep == 0) offset_ = 0;
  std::vector<Outgoing> queued;
  {
    const std::lock_guard lock(mutex_);
    queued.swap(queue_);
  }
  drop(std::move(unsent));
  drop(std::move(queued));
}

void Connection::drop(std::vector<Outgoing> frames) {
  for (Outgoing& outgoing : frames) {
    outgoing.frame.chunk = {};
    if (outgoing.written) outgoing.written();
  }
}

// Living and ending.

void Connection::tick(uint32_t most_silent, int64_t silence_us) {
  if (closed_ || !is_heard()) return;
  silent_ticks_ = heard_ ? 0 : silent_ticks_ + 1;
  heard_ = false;
  if (silent_ticks_ >= most_silent && !link_->has_more()) {
    return end("nothing was heard of it for " + format_duration(silence_us));
  }
  const bool heartbeat = !sent_;
  sent_ = false;
  if (!heartbeat || writing_) return;
  Frame frame = make_frame(pool_, FrameType::kHeartbeat, 0, {});
  if (frame.chunk) send(std::move(frame));
}

void Connection::finish(Frame last, bool hurry, std::function<void()> closed) {
  owner_ = nullptr;
  on_closed_ = std::move(closed);
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    awake_ = true;
  }
  finishing_ = true;
  if (closed_) return settle();
  if (broken_) return close_link();
  last_ = std::move(last);
  hurry_ = hurry;
  deadline_.expires_after(kGoodByeTime);
  deadline_.async_wait([self = shared_from_this()](const Error& error) {
    if (!error) self->close_link();
  });
  write();
}

void Connection::end(const std::string& why) {
  const std::shared_ptr<Owner> owner = std::exchange(owner_, nullptr);
  if (owner != nullptr) owner->ended(peer_, why);
}

void Connection::close_link() {
  if (closed_) return;
  closed_ = true;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  deadline_.cancel();
  link_->close();
  settle();
}

// Gives back everything once the link is closed and no operation uses it.
void Connection::settle() {
  if (!closed_ || reading_ || writing_) return;
  broken_ = true;
  drop_unsent();
  body_ = {};
  last_ = {};
  // Calls nobody back before finish() was called: whoever owns it may still ask for that.
  const std::shared_ptr<Connection> self = std::exchange(self_, nullptr);
  if (const auto closed = std::exchange(on_closed_, nullptr)) closed();
}

}  // namespace streamhost::cluster
