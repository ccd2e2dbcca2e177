#include "cluster/stranger.h"

#include <boost/asio/ssl/error.hpp>
#include <utility>

#include "cluster/bye.h"
#include "cluster/tls.h"

namespace streamhost::cluster {
namespace {

namespace asio = boost::asio;

// How long one that was refused has to read why, before its connection is closed.
constexpr auto kLingerTime = std::chrono::milliseconds(200);

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

Stranger::Stranger(asio::io_context& io, std::unique_ptr<Link> link, Handshake handshake,
                   int64_t called, CheckCertificate check, Done done)
    : deadline_(io),
      link_(std::move(link)),
      remote_(link_->remote()),
      handshake_(std::move(handshake)),
      called_(called),
      check_(std::move(check)),
      done_(std::move(done)) {}

void Stranger::start(std::chrono::microseconds time) {
  deadline_.expires_after(time);
  deadline_.async_wait([self = shared_from_this()](const Error& error) {
    if (!error) self->close("it did not say who it is in time");
  });
  if (link_->tls() != nullptr) {
    secure();
  } else {
    certified_ = true;
    begin();
  }
}

void Stranger::secure() {
  reading_ = true;
  link_->handshake(was_called(), [self = shared_from_this()](const Error& error) {
    self->reading_ = false;
    if (self->closed_) return self->end();
    if (error) return self->close(tls_problem(error, self->link_->tls()));
    if (!self->was_called() && !self->is_certified()) return;
    self->begin();
  });
}

void Stranger::begin() {
  for (const std::string& frame : handshake_.begin()) out_ += frame;
  write();
  read();
}

void Stranger::read() {
  if (closed_ || reading_ || known_) return;
  read_buffer_[0] = {chunk_.data(), chunk_.size()};
  reading_ = true;
  link_->read_some(read_buffer_, [self = shared_from_this()](const Error& error, size_t bytes) {
    self->on_read(error, bytes);
  });
}

void Stranger::on_read(const Error& error, size_t bytes) {
  reading_ = false;
  if (closed_) return end();
  if (error) {
    // Only then does one who calls learn that its certificate was refused.
    const bool of_tls = error.category() == asio::error::get_ssl_category() &&
                        error != asio::ssl::error::stream_truncated;
    return close(of_tls ? tls_problem(error, link_->tls()) : text_of(error));
  }
  if (!failed_) {
    in_.append(chunk_.data(), bytes);
    if (!take_frames()) return;
  }
  read();
}

bool Stranger::take_frames() {
  size_t taken = 0;
  bool goes_on = true;
  while (goes_on && !known_ && in_.size() - taken >= kHeaderSize) {
    const std::span<const uint8_t> bytes = bytes_of(in_).subspan(taken);
    const uint32_t most = handshake_.claimed() < 0 ? kMaxGreeting : kMaxStrangersBody;
    const Result<FrameHeader> header = read_header(bytes.first<kHeaderSize>(), most);
    if (!header) {
      close(header.status().message());
      return false;
    }
    if (bytes.size() - kHeaderSize < header->size) break;
    const auto body = bytes.subspan(kHeaderSize, header->size);
    if (!checks(*header, body)) {
      close("what has come is not a frame: its checksum is wrong");
      return false;
    }
    taken += kHeaderSize + header->size;
    goes_on = take(*header, std::string_view(in_).substr(taken - header->size, header->size));
  }
  if (!goes_on) return false;
  in_.erase(0, taken);
  // The one that was called is done when its own Hello has left, which is the last thing it says.
  if (known_) write();
  return true;
}

bool Stranger::take(const FrameHeader& header, std::string_view body) {
  if (handshake_.state() == Handshake::State::kDone) return take_welcome(header, body);
  if (static_cast<uint8_t>(header.type) >= static_cast<uint8_t>(FrameType::kHeartbeat)) {
    close("it sent a frame of a member before it has said who it is");
    return false;
  }
  for (const std::string& frame : handshake_.take(header.type, body)) out_ += frame;
  if (handshake_.state() == Handshake::State::kRefused) {
    fail(handshake_.refusal());
    return false;
  }
  if (!certified_ && handshake_.claimed() >= 0 && !is_certified()) return false;
  if (handshake_.state() == Handshake::State::kDone && was_called()) known_ = true;
  write();
  return true;
}

bool Stranger::take_welcome(const FrameHeader& header, std::string_view body) {
  if (header.type == FrameType::kHeartbeat) {
    known_ = true;
    return true;
  }
  const std::optional<Bye> bye =
      header.type == FrameType::kBye ? read_bye(body) : std::optional<Bye>();
  close(bye ? bye->why.message() : "it sent a frame of a member before it has let us in");
  return false;
}

bool Stranger::is_certified() {
  const auto process = static_cast<uint32_t>(was_called() ? handshake_.claimed() : called_);
  const Status checked = check_(link_->tls(), process);
  certified_ = checked.is_ok();
  if (!certified_) close(checked.message());
  return certified_;
}

void Stranger::write() {
  if (closed_ || writing_) return;
  if (written_ == sending_.size()) {
    sending_ = std::exchange(out_, {});
    written_ = 0;
    if (sending_.empty()) return on_idle();
  }
  write_buffer_[0] = {sending_.data() + written_, sending_.size() - written_};
  writing_ = true;
  link_->write_some(write_buffer_, [self = shared_from_this()](const Error& error, size_t bytes) {
    self->on_written(error, bytes);
  });
}

void Stranger::on_written(const Error& error, size_t bytes) {
  writing_ = false;
  if (closed_) return end();
  if (error && !reading_) return close(text_of(error));
  // What it has sent before it closed is still to be read: a refusal, perhaps.
  if (error) return link_->end_reading();
  written_ += bytes;
  write();
}

// Nothing is left to be written.
void Stranger::on_idle() {
  if (known_ && !reading_) return end();
  if (!failed_ || lingering_) return;
  lingering_ = true;
  link_->end_writing();
  deadline_.expires_after(kLingerTime);
  deadline_.async_wait([self = shared_from_this()](const Error& error) {
    if (!error) self->close({});
  });
}

void Stranger::fail(Status why) {
  why_ = std::move(why);
  failed_ = true;
  in_.clear();
  if (handshake_.by_other()) return close({});
  write();
  read();
}

void Stranger::close(const std::string& why) {
  if (closed_ || done_ == nullptr) return;
  if (why_) why_ = Status::failed(why);
  closed_ = true;
  known_ = false;
  link_->close();
  end();
}

void Stranger::end() {
  if (reading_ || writing_ || done_ == nullptr) return;
  deadline_.cancel();
  std::exchange(done_, nullptr)(*this);
}

}  // namespace streamhost::cluster
