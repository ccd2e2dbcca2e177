#include "cluster/attempt.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/units.h"

namespace streamhost::cluster {
namespace {

// How many ticks make the timeout.
constexpr uint32_t kMostSilentTicks = 8;

std::string_view text_of(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::string Roster::name(uint32_t process) const {
  return "process " + std::to_string(process) + " (" + addresses[process] + ")";
}

Attempt::Attempt(std::shared_ptr<IoThread> io, std::shared_ptr<const Roster> roster, uint64_t id,
                 Owner& owner)
    : io_(std::move(io)),
      roster_(std::move(roster)),
      id_(id),
      owner_(owner),
      peers_(roster_->addresses.size()),
      gatherings_(roster_->addresses.size()) {
  peers_[roster_->self].id = id_;
  peers_[roster_->self].workers = roster_->workers;
}

bool Attempt::has_all() const {
  for (uint32_t i = 0; i < peers_.size(); ++i) {
    if (i != roster_->self && !has(i)) return false;
  }
  return true;
}

void Attempt::admit(const Peer& peer, std::unique_ptr<Link> link, std::string_view first,
                    bool welcome) {
  PeerState& state = peers_[peer.process_id];
  if (state.connection != nullptr) {
    finish(state, {{Code::kLost, "it has called again"}, roster_->self}, true);
  }
  state = {};
  gatherings_.forget(peer.process_id);
  state.id = peer.attempt;
  state.workers = peer.workers;
  state.connection =
      std::make_shared<Connection>(io_->context(), std::move(link), frames(), peer.process_id);
  ++open_;
  // It may be lost, and forgotten, when what was read first is taken.
  const std::shared_ptr<Connection> connection = state.connection;
  if (welcome) {
    Frame heartbeat = make_frame(frames(), FrameType::kHeartbeat, 0, {});
    if (heartbeat.chunk) connection->send(std::move(heartbeat));
  }
  connection->start(shared_from_this(), first);
}

void Attempt::agree() {
  phase_.store(Phase::kAgreeing, std::memory_order_release);
  const std::string mine = vector();
  static_cast<void>(gatherings_.hand_in(roster_->self, 0, mine));
  send_gathering(0, mine);
  compare_vectors();
}

std::string Attempt::vector() const {
  std::string ids;
  for (const PeerState& peer : peers_) {
    for (unsigned shift = 0; shift < 64; shift += 8) {
      ids += static_cast<char>(static_cast<uint8_t>(peer.id >> shift));
    }
  }
  return ids;
}

void Attempt::compare_vectors() {
  if (phase() != Phase::kAgreeing || !gatherings_.is_complete()) return;
  const std::vector<std::string> vectors = gatherings_.take();
  for (uint32_t i = 0; i < vectors.size(); ++i) {
    if (vectors[i] != vectors[roster_->self]) {
      // One of its connections, or of ours, is that of a process that has begun anew since.
      return end({Code::kLost, roster_->name(i) + " is connected with others that are gone"}, i);
    }
  }
  phase_.store(Phase::kRunning, std::memory_order_release);
  owner_.on_running(*this);
}

void Attempt::end(const Status& why, uint32_t origin) {
  if (phase() == Phase::kOver) return;
  const std::shared_ptr<Attempt> self = shared_from_this();
  phase_.store(Phase::kOver, std::memory_order_release);
  Status outcome = why;
  if (why.code() == Code::kStopped) {
    outcome = Status(Code::kLost, roster_->name(roster_->self) + " has stopped");
  } else if (!why && why.code() != Code::kLost) {
    outcome = Status(why.code(), roster_->name(origin) + " failed: " + why.message());
  }
  {
    const std::lock_guard lock(mutex_);
    outcome_ = outcome;
  }
  gatherings_.end(outcome ? Status(Code::kStopped, "the attempt was closed") : outcome);
  // A failure is sent as its origin has put it, and each process says whose it is.
  const Bye bye{why.code() == Code::kStopped ? outcome : why, origin};
  for (PeerState& peer : peers_) {
    if (peer.connection != nullptr && !peer.finished) finish(peer, bye, !why);
  }
  owner_.on_over(*this);
  tell();
  if (open_ == 0) on_closed();
}

void Attempt::leave(const Status& why) {
  left_ = true;
  end(why, roster_->self);
}

void Attempt::finish(PeerState& peer, const Bye& bye, bool hurry) {
  peer.finished = true;
  peer.connection->finish(make_frame(frames(), FrameType::kBye, 0, write_bye(bye)), hurry,
                          [self = shared_from_this()] {
                            --self->open_;
                            self->on_closed();
                          });
}

void Attempt::on_closed() {
  if (open_ != 0 || phase() != Phase::kOver) return;
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
  }
  changed_.notify_all();
}

void Attempt::tell() {
  if (told_ || left_ || phase() != Phase::kOver || !delivering_.load(std::memory_order_acquire)) {
    return;
  }
  told_ = true;
  if (handlers_.lost) handlers_.lost(outcome());
}

void Attempt::tick() {
  for (PeerState& peer : peers_) {
    const std::shared_ptr<Connection> connection = peer.connection;
    if (connection != nullptr) connection->tick(kMostSilentTicks, roster_->timeout_us);
  }
}

// What comes.

ArenaPool* Attempt::pool_for(uint32_t /*peer*/, const FrameHeader& header) {
  const bool of_job = static_cast<uint8_t>(header.type) >= kFirstOfJob;
  if (!of_job || !delivering_.load(std::memory_order_acquire)) return nullptr;
  // Whoever runs the job may keep what is large, longer than the connection lives.
  const bool may_stay = header.type == FrameType::kBlock || header.flags != 0 ||
                        header.size > Connection::kMostInPlace;
  return may_stay ? pool_ : nullptr;
}

Status Attempt::take(uint32_t peer, Received& frame) {
  switch (frame.header.type) {
    case FrameType::kGather: return take_gathering(peer, frame);
    case FrameType::kBye: return take_bye(peer, frame);
    default: break;
  }
  if (static_cast<uint8_t>(frame.header.type) < kFirstOfJob) {
    return Status::failed("it sent a frame of a handshake that is over");
  }
  if (!delivering_.load(std::memory_order_acquire)) {
    return Status::failed("it sent a frame of the job before the job has begun here");
  }
  return handlers_.frame(peer, frame);
}

Status Attempt::take_gathering(uint32_t peer, const Received& frame) {
  const Status taken =
      gatherings_.hand_in(peer, frame.header.tag, std::string(text_of(frame.body)));
  if (taken) compare_vectors();
  return taken;
}

Status Attempt::take_bye(uint32_t peer, const Received& frame) {
  const std::optional<Bye> bye = read_bye(text_of(frame.body));
  if (!bye) return Status::failed("its good-bye makes no sense");
  if (phase() == Phase::kGathering) return Status::failed(bye->why.message());
  if (bye->why) {
    peers_[peer].done = true;
    gatherings_.leave(peer, {Code::kLost, roster_->name(peer) + " has done its part and left"});
  } else {
    end(bye->why, bye->origin < peers_.size() ? bye->origin : peer);
  }
  return Status::ok();
}

void Attempt::ended(uint32_t peer, const std::string& why) {
  PeerState& state = peers_[peer];
  const Status lost(Code::kLost, roster_->name(peer) + " was lost: " + why);
  if (phase() != Phase::kGathering && !state.done) return end(lost, peer);
  finish(state, {lost, peer}, true);
  if (phase() != Phase::kGathering) return;
  state = {};
  gatherings_.forget(peer);
  owner_.on_missing(*this, peer, why);
}

// For whoever runs the job.

std::vector<uint32_t> Attempt::workers() const {
  std::vector<uint32_t> workers;
  for (const PeerState& peer : peers_) workers.push_back(peer.workers);
  return workers;
}

void Attempt::deliver(ArenaPool& pool, Members::Handlers handlers) {
  handlers_ = std::move(handlers);
  pool_ = &pool;
  delivering_.store(true, std::memory_order_release);
  io_->post([self = shared_from_this()] { self->tell(); });
}

void Attempt::send(uint32_t to, Frame frame, std::function<void()> written) {
  if (!frame.chunk) {
    io_->post([self = shared_from_this()] {
      self->end(Status::failed("there is no memory for a frame"), self->roster_->self);
    });
  }
  if (!frame.chunk || phase() == Phase::kOver) {
    frame.chunk = {};
    if (written) written();
    return;
  }
  peers_[to].connection->send(std::move(frame), std::move(written));
}

// The same bytes to all others.
void Attempt::send_gathering(uint32_t number, std::string_view what) {
  const Frame frame = make_frame(frames(), FrameType::kGather, number, what);
  for (uint32_t i = 0; i < peers_.size(); ++i) {
    if (i != roster_->self) send(i, {ArenaRef::share(frame.chunk.get()), frame.size}, nullptr);
  }
}

Result<std::vector<std::string>> Attempt::gather(std::string mine) {
  if (mine.size() > kMaxBody) {
    return Status::failed("there is too much to hand in: " + format_size(int64_t(mine.size())));
  }
  const uint32_t number = next_gathering_++;
  send_gathering(number, mine);
  Status handed_in = gatherings_.hand_in(roster_->self, number, std::move(mine));
  if (!handed_in) return handed_in;
  return gatherings_.wait();
}

Status Attempt::outcome() const {
  const std::lock_guard lock(mutex_);
  return outcome_;
}

void Attempt::close(const Status& why) {
  // Waits for its own turn on the io thread, too: the attempt may be over and a handler be told so.
  const auto leave_now = [self = shared_from_this(), why] {
    self->leave(why);
    {
      const std::lock_guard lock(self->mutex_);
      self->closed_ = true;
    }
    self->changed_.notify_all();
  };
  if (!io_->post(leave_now)) return;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return finished_ && closed_; });
}

namespace {

class AttemptMembers final : public Members {
 public:
  explicit AttemptMembers(std::shared_ptr<Attempt> attempt)
      : attempt_(std::move(attempt)), workers_(attempt_->workers()) {}
  ~AttemptMembers() override { attempt_->close({Code::kStopped, "the process has stopped"}); }

  uint32_t self() const override { return attempt_->roster().self; }
  const std::vector<uint32_t>& workers() const override { return workers_; }
  std::string name(uint32_t process) const override { return attempt_->roster().name(process); }
  ArenaPool& frames() override { return attempt_->frames(); }
  void deliver(ArenaPool& pool, Handlers handlers) override {
    attempt_->deliver(pool, std::move(handlers));
  }
  void send(uint32_t to, Frame frame, std::function<void()> written) override {
    attempt_->send(to, std::move(frame), std::move(written));
  }
  Result<std::vector<std::string>> gather(std::string mine) override {
    return attempt_->gather(std::move(mine));
  }
  Status outcome() const override { return attempt_->outcome(); }
  void close(const Status& why) override { attempt_->close(why); }

 private:
  const std::shared_ptr<Attempt> attempt_;
  const std::vector<uint32_t> workers_;
};

}  // namespace

std::unique_ptr<Members> members_of(std::shared_ptr<Attempt> attempt) {
  return std::make_unique<AttemptMembers>(std::move(attempt));
}

}  // namespace streamhost::cluster
