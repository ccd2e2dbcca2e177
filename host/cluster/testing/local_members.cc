#include "cluster/testing/local_members.h"

#include <utility>

namespace streamhost::cluster::testing {

class MemoryCluster::Member final : public Members {
 public:
  Member(MemoryCluster& cluster, uint32_t self) : cluster_(cluster), self_(self) {}
  ~Member() override { close(Status(Code::kStopped, "")); }

  uint32_t self() const override { return self_; }
  const std::vector<uint32_t>& workers() const override { return cluster_.workers_; }
  std::string name(uint32_t process) const override { return "process " + std::to_string(process); }
  ArenaPool& frames() override { return frames_; }

  void deliver(ArenaPool& pool, Handlers handlers) override {
    thread_ = std::thread([this, &pool, handlers = std::move(handlers)] { run(pool, handlers); });
  }

  void send(uint32_t to, Frame frame, std::function<void()> written) override {
    {
      const std::lock_guard lock(cluster_.mutex_);
      if (outcome_ && !closed_) {
        const auto bytes = frame.bytes();
        cluster_.members_[to]->inbox_.push_back(
            {self_, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}});
        cluster_.changed_.notify_all();
      }
    }
    frame = Frame();
    if (written) written();
  }

  Result<std::vector<std::string>> gather(std::string mine) override {
    std::unique_lock lock(cluster_.mutex_);
    brought_.push_back(std::move(mine));
    const size_t round = brought_.size();
    cluster_.changed_.notify_all();
    const auto all = [&] {
      for (const auto& member : cluster_.members_) {
        if (member->brought_.size() < round) return false;
      }
      return true;
    };
    cluster_.changed_.wait(lock, [&] { return all() || !outcome_ || closed_; });
    if (!all()) return outcome_ ? Status(Code::kStopped, "") : outcome_;
    std::vector<std::string> result;
    for (const auto& member : cluster_.members_) result.push_back(member->brought_[round - 1]);
    return result;
  }

  Status outcome() const override {
    const std::lock_guard lock(cluster_.mutex_);
    return outcome_;
  }

  void close(const Status& why) override {
    {
      const std::lock_guard lock(cluster_.mutex_);
      if (closed_) return;
      closed_ = true;
      if (!why) cluster_.end(self_, why);
      cluster_.changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
  }

 private:
  friend class MemoryCluster;

  void run(ArenaPool& pool, const Handlers& handlers) {
    for (;;) {
      std::optional<Sent> sent;
      Status why;
      {
        std::unique_lock lock(cluster_.mutex_);
        cluster_.changed_.wait(lock,
                               [&] { return closed_ || !inbox_.empty() || (!outcome_ && !told_); });
        if (closed_) return;
        if (!inbox_.empty()) {
          sent = std::move(inbox_.front());
          inbox_.pop_front();
        } else {
          told_ = true;
          why = outcome_;
        }
      }
      if (!sent) {
        handlers.lost(why);
        continue;
      }
      take(pool, handlers, *sent);
    }
  }

  void take(ArenaPool& pool, const Handlers& handlers, const Sent& sent) {
    const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(sent.bytes.data()),
                                         sent.bytes.size());
    Received received;
    const auto header = read_header(bytes.first<kHeaderSize>(), kMaxBody);
    Status status = header ? Status::ok() : header.status();
    if (status) {
      received.header = *header;
      const auto body = bytes.subspan(kHeaderSize);
      received.arena = ArenaRef::adopt(pool.chunk(body.size()));
      uint8_t* copy = ArenaPool::bytes(received.arena.get());
      std::copy(body.begin(), body.end(), copy);
      received.body = {copy, body.size()};
      status = checks(received.header, received.body) ? unpack(received, pool)
                                                      : Status::failed("a wrong checksum");
    }
    const uint32_t from = sent.from;
    if (status) status = handlers.frame(from, received);
    if (status) return;
    const std::lock_guard lock(cluster_.mutex_);
    if (outcome_) outcome_ = Status(Code::kLost, name(from) + " was lost: " + status.message());
    cluster_.changed_.notify_all();
  }

  MemoryCluster& cluster_;
  const uint32_t self_;
  ArenaPool frames_;
  std::thread thread_;
  // Under the cluster's mutex.
  std::deque<Sent> inbox_;
  std::vector<std::string> brought_;
  Status outcome_;
  bool told_ = false;
  bool closed_ = false;
};

MemoryCluster::MemoryCluster(std::vector<uint32_t> workers) : workers_(std::move(workers)) {
  for (uint32_t process = 0; process < workers_.size(); ++process) {
    members_.push_back(std::make_unique<Member>(*this, process));
  }
}

MemoryCluster::~MemoryCluster() {
  for (const auto& member : members_) member->close(Status(Code::kStopped, ""));
}

Members& MemoryCluster::members(uint32_t process) { return *members_[process]; }

void MemoryCluster::lose(uint32_t process) {
  const std::lock_guard lock(mutex_);
  end(process, Status(Code::kLost, "killed"));
}

// The attempt is over for all. The lock is held.
void MemoryCluster::end(uint32_t process, const Status& why) {
  for (const auto& member : members_) {
    if (!member->outcome_) continue;
    const std::string who = members_[process]->name(process);
    const bool lost = why.code() == Code::kLost || why.code() == Code::kStopped;
    member->outcome_ = Status(lost ? Code::kLost : why.code(),
                              who + (lost ? " was lost: " : ": ") + why.message());
  }
  changed_.notify_all();
}

}  // namespace streamhost::cluster::testing
