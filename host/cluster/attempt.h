// One attempt at running the job together: the connections with all others, and how it ends.
//
// Every process gives each of its attempts a random id, and both ids are said in the handshake of
// a connection, so that a connection belongs to one attempt of each side. An attempt goes through
//
//   gathering   connections come, and may be lost and come again
//   agreeing    all are there: each process sends all others the ids of the attempts that it is
//               connected with, its vector
//   running     the vectors of all were the same
//   over        for good; a process that goes on takes a new id
//
// Once a vector was sent the attempt cannot lose a connection without being over. So when one runs,
// all processes have had, with one and the same id each, a connection to each other, and whatever
// comes over a connection is from that very attempt:
//  - A process that gives up and comes back has a new id. Who was connected with the old one loses
//    that connection; if it had sent its vector it is over, too, and if not, the new id is in the
//    vector that it will send.
//  - Two others that have the old and the new id of it in their vectors disagree: neither runs.
//  - A process whose connection breaks before it has sent its vector keeps its id, and whatever it
//    sends later is sent over the new connection; the other side of the broken one either has not
//    sent its vector either, and waits, or is over.
//  - Who runs has the vector of each other process, sent over connections of these ids. Whether all
//    of those run, too, does not matter: as long as one does not, it hands in nothing for the next
//    gather(), and when it never will it closes its connections.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/status.h"
#include "cluster/bye.h"
#include "cluster/connection.h"
#include "cluster/gatherings.h"
#include "cluster/handshake.h"
#include "cluster/io_thread.h"
#include "cluster/members.h"

namespace streamhost::cluster {

// What does not change from one attempt to the next.
struct Roster {
  uint32_t self = 0;
  uint32_t workers = 1;                // of this process
  std::vector<std::string> addresses;  // of all, by id
  int64_t timeout_us = 0;

  // "process 2 (h2:2101)".
  std::string name(uint32_t process) const;
};

class Attempt final : public Connection::Owner, public std::enable_shared_from_this<Attempt> {
 public:
  enum class Phase { kGathering, kAgreeing, kRunning, kOver };

  // Who watches over attempts. Called on the io thread.
  class Owner {
   public:
    virtual ~Owner() = default;
    // A connection was lost while others were still missing: it is to be made anew.
    virtual void on_missing(Attempt& attempt, uint32_t peer, const std::string& why) = 0;
    virtual void on_running(Attempt& attempt) = 0;
    virtual void on_over(Attempt& attempt) = 0;
  };

  // `owner` outlives the io thread's last call.
  Attempt(std::shared_ptr<IoThread> io, std::shared_ptr<const Roster> roster, uint64_t id,
          Owner& owner);

  // For the owner, on the io thread.

  uint64_t id() const { return id_; }
  // Whether there is a connection with `peer`, and with which attempt of it.
  bool has(uint32_t peer) const { return peers_[peer].connection != nullptr; }
  uint64_t id_of(uint32_t peer) const { return peers_[peer].id; }
  // Whether `peer` has said that its part of the job is done.
  bool is_done(uint32_t peer) const { return peers_[peer].done; }
  bool has_all() const;
  // Who has not sent its vector.
  std::vector<uint32_t> not_agreed() const { return gatherings_.missing(); }
  // Takes over a connection after its handshake; one with the same peer is closed. `first`: what
  // was read from it already. `welcome`: the other side waits for a sign that it is in. Only while
  // gathering.
  void admit(const Peer& peer, std::unique_ptr<Link> link, std::string_view first, bool welcome);
  // Has all: begins to agree.
  void agree();
  // Ends it, unless it is over. The others are told; `origin` is the process that it is about.
  void end(const Status& why, uint32_t origin);
  // Ends it as close() does, but does not wait.
  void leave(const Status& why);
  // An eighth of the timeout has passed.
  void tick();

  // For whoever runs the job: see members.h.

  Phase phase() const { return phase_.load(std::memory_order_acquire); }
  const Roster& roster() const { return *roster_; }
  ArenaPool& frames() { return io_->frames(); }
  std::vector<uint32_t> workers() const;
  void deliver(ArenaPool& pool, Members::Handlers handlers);
  void send(uint32_t to, Frame frame, std::function<void()> written);
  Result<std::vector<std::string>> gather(std::string mine);
  Status outcome() const;
  void close(const Status& why);

  // Connection::Owner.
  ArenaPool* pool_for(uint32_t peer, const FrameHeader& header) override;
  Status take(uint32_t peer, Received& frame) override;
  void ended(uint32_t peer, const std::string& why) override;

 private:
  struct PeerState {
    std::shared_ptr<Connection> connection;  // stays when it is over, for send()
    uint64_t id = 0;
    uint32_t workers = 0;
    bool done = false;
    bool finished = false;  // finish() was called
  };

  void send_gathering(uint32_t number, std::string_view what);
  Status take_gathering(uint32_t peer, const Received& frame);
  Status take_bye(uint32_t peer, const Received& frame);
  void compare_vectors();
  std::string vector() const;
  // Closes a connection after saying `bye`.
  void finish(PeerState& peer, const Bye& bye, bool hurry);
  void on_closed();
  // Calls the `lost` handler if there is reason to.
  void tell();

  const std::shared_ptr<IoThread> io_;
  const std::shared_ptr<const Roster> roster_;
  const uint64_t id_;
  Owner& owner_;
  std::vector<PeerState> peers_;  // none changes while running, but for what the io thread uses
  Gatherings gatherings_;
  uint32_t next_gathering_ = 1;  // the vectors were number 0; of the thread that calls gather()
  std::atomic<Phase> phase_{Phase::kGathering};

  // Of the io thread.
  size_t open_ = 0;  // connections that have not given back everything
  bool left_ = false;
  bool told_ = false;

  // Written once, before `delivering_`.
  Members::Handlers handlers_;
  ArenaPool* pool_ = nullptr;
  std::atomic<bool> delivering_{false};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Status outcome_;         // guarded
  bool finished_ = false;  // guarded: over, and nothing is open any more
  bool closed_ = false;    // guarded: close() has had its turn, and no handler will be called
};

// The attempt in the hands of whoever runs the job.
std::unique_ptr<Members> members_of(std::shared_ptr<Attempt> attempt);

}  // namespace streamhost::cluster
