#include "cluster/cluster.h"

#include <openssl/rand.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>
#include <future>
#include <utility>

#include "base/units.h"
#include "cluster/address.h"
#include "cluster/attempt.h"
#include "cluster/caller.h"
#include "cluster/io_thread.h"
#include "cluster/joining.h"
#include "cluster/listener.h"
#include "cluster/quiet_log.h"
#include "cluster/strangers.h"
#include "cluster/tls.h"

namespace streamhost::cluster {
namespace {

namespace asio = boost::asio;
using std::chrono::microseconds;
using std::chrono::seconds;

constexpr size_t kNonceSize = 32;
// When whom a join() waits for is said: first, and then again and again.
constexpr seconds kFirstNews{1};
constexpr seconds kMoreNews{30};
constexpr microseconds kLeastTick{1000};

Result<std::string> random_bytes(size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) == 1) {
    return bytes;
  }
  return Status::failed("OpenSSL has no random numbers");
}

class ClusterImpl final : public Cluster, public Attempt::Owner {
 public:
  ClusterImpl(ClusterPlan plan, Log log);
  ~ClusterImpl() override;

  // Everything that may fail.
  Status open();

  Result<std::unique_ptr<Members>> join() override;
  void stop() override { joining_.stop(); }

 private:
  // All that follows happens on the io thread.

  void on_missing(Attempt& attempt, uint32_t peer, const std::string& why) override;
  void on_running(Attempt& attempt) override;
  void on_over(Attempt& attempt) override;

  void begin_attempt();
  void begin_join();
  void end_join(bool is_joined);
  void fail_join(Status why);
  void call(uint32_t peer);
  // Agrees, if all are there and wanted.
  void go_on();
  // Whom we wait for, and why: "process 1 (h1:2101): connection refused".
  std::string missing() const;

  std::shared_ptr<Stranger> make_stranger(Socket socket, int64_t called, Stranger::Done done);
  void on_called(Socket socket);
  void on_answer(uint32_t peer, Socket socket);
  void settle_caller(Stranger& stranger, uint64_t attempt);
  void settle_answer(uint32_t peer, Stranger& stranger, uint64_t attempt);
  void turn_away(Stranger& stranger, const std::string& why);
  void wait_for_tick();

  const ClusterPlan plan_;
  const Log log_;
  const std::shared_ptr<const Roster> roster_;
  const std::shared_ptr<IoThread> io_;
  std::shared_ptr<asio::ssl::context> tls_;
  std::vector<std::string> hosts_;  // by process
  Joining joining_;

  // Of the io thread.
  Listener listener_;
  std::vector<std::shared_ptr<Caller>> callers_;  // of those with smaller ids
  Strangers strangers_;
  std::vector<std::shared_ptr<Stranger>> answers_;  // of those we have called, by id
  QuietLog quiet_;
  asio::steady_timer timer_;
  std::shared_ptr<Attempt> attempt_;  // the one that is under way, or the next
  bool wanted_ = false;               // join() waits
  bool closing_ = false;
};

std::shared_ptr<const Roster> roster_of(const ClusterPlan& plan) {
  return std::make_shared<Roster>(Roster{plan.identity.process_id, plan.identity.workers,
                                         plan.addresses, plan.settings.timeout_us});
}

ClusterImpl::ClusterImpl(ClusterPlan plan, Log log)
    : plan_(std::move(plan)),
      log_(std::move(log)),
      roster_(roster_of(plan_)),
      io_(std::make_shared<IoThread>(log_)),
      listener_(io_->context()),
      quiet_(log_),
      timer_(io_->context()) {}

ClusterImpl::~ClusterImpl() {
  joining_.stop();
  io_->post([this] {
    closing_ = true;
    wanted_ = false;
    listener_.close();
    timer_.cancel();
    for (const auto& caller : callers_) caller->stop();
    strangers_.close();
    const auto answers = answers_;
    for (const auto& answer : answers) {
      if (answer != nullptr) answer->close("this process is stopping");
    }
    if (attempt_ != nullptr) attempt_->leave({Code::kStopped, "the process has stopped"});
  });
  io_->stop();
}

Status ClusterImpl::open() {
  const uint32_t self = roster_->self;
  if (roster_->addresses.size() < 2 || self >= roster_->addresses.size()) {
    return Status::usage("process " + std::to_string(self) + " is not one of " +
                         std::to_string(roster_->addresses.size()) + " addresses");
  }
  for (uint32_t i = 0; i < roster_->addresses.size(); ++i) {
    const std::optional<Address> address = read_address(roster_->addresses[i]);
    if (!address) return Status::usage("\"" + roster_->addresses[i] + "\" is not an address");
    hosts_.push_back(address->host);
    if (i < self) {
      callers_.push_back(std::make_shared<Caller>(
          io_->context(), *address, [this, i](Socket socket) { on_answer(i, std::move(socket)); }));
    }
  }
  answers_.resize(self);
  auto tls = make_tls(plan_.settings);
  if (!tls) return tls.status();
  tls_ = tls.take();
  if (tls_ != nullptr) {
    const Status named = check_own_name(*tls_, plan_.settings, hosts_[self]);
    if (!named) return named;
  }
  const std::string& listen = plan_.settings.listen;
  const Status opened = listener_.open(listen.empty() ? roster_->addresses[self] : listen);
  if (!opened) return opened;
  if (tls_ == nullptr && plan_.settings.token.empty() && !plan_.settings.insecure &&
      !listener_.is_loopback()) {
    return Status::usage(
        "anybody who reaches " + listener_.text() +
        " could take part in the job and read its records: give [cluster] tls = { cert = "
        "\"FILE\", key = \"FILE\", ca = \"FILE\" }, or token = \"${file:FILE}\" with a secret "
        "that all processes share, or say insecure = true if nobody else is on that network");
  }
  const auto random = random_bytes(sizeof(uint64_t));
  if (!random) return random.status();
  io_->post([this] {
    begin_attempt();
    listener_.start(
        [this](Socket socket) { on_called(std::move(socket)); },
        [this](const std::string& why) { quiet_.warn("somebody", "cannot be taken: " + why); });
    wait_for_tick();
  });
  log_->debug("listening on {}", listener_.text());
  return Status::ok();
}

// Joining.

Result<std::unique_ptr<Members>> ClusterImpl::join() {
  const auto begin = Joining::Clock::now();
  const auto end = begin + microseconds(plan_.settings.wait_us);
  bool goes_on = joining_.begin();
  if (goes_on) io_->post([this] { begin_join(); });
  auto news = begin + kFirstNews;
  while (goes_on && !joining_.wait_until(std::min(news, end))) {
    goes_on = Joining::Clock::now() < end;
    if (!goes_on) break;
    io_->post([this] {
      if (wanted_) log_->info("waiting for {}", missing());
    });
    news += kMoreNews;
  }
  std::promise<std::string> asked;
  std::string missing_at_end;
  if (!goes_on && io_->post([this, &asked] { asked.set_value(missing()); })) {
    missing_at_end = asked.get_future().get();
  }
  auto attempt = joining_.end(Status::failed("the other processes were not all there within " +
                                             format_duration(plan_.settings.wait_us) +
                                             ", missing: " + missing_at_end));
  io_->post([this, joined = attempt.is_ok()] { end_join(joined); });
  if (!attempt) return attempt.status();
  return members_of(attempt.take());
}

void ClusterImpl::begin_join() {
  wanted_ = true;
  for (uint32_t i = 0; i < callers_.size(); ++i) call(i);
  go_on();
}

void ClusterImpl::end_join(bool is_joined) {
  wanted_ = false;
  for (const auto& caller : callers_) caller->stop();
  // Others may take it for running, or think that it soon will be.
  if (!is_joined && attempt_->phase() != Attempt::Phase::kGathering) {
    attempt_->end({Code::kLost, roster_->name(roster_->self) + " has given up waiting"},
                  roster_->self);
  }
}

void ClusterImpl::fail_join(Status why) {
  if (!wanted_ || !joining_.fail(std::move(why))) return;
  end_join(false);
}

void ClusterImpl::begin_attempt() {
  // Without random numbers there would be no cluster: see open().
  const auto random = random_bytes(sizeof(uint64_t));
  uint64_t id = 0;
  if (random) std::memcpy(&id, (*random).data(), sizeof id);
  attempt_ = std::make_shared<Attempt>(io_, roster_, id, *this);
}

void ClusterImpl::call(uint32_t peer) {
  if (answers_[peer] == nullptr && !attempt_->has(peer)) callers_[peer]->call();
}

void ClusterImpl::go_on() {
  if (wanted_ && attempt_->phase() == Attempt::Phase::kGathering && attempt_->has_all()) {
    attempt_->agree();
  }
}

void ClusterImpl::on_missing(Attempt& attempt, uint32_t peer, const std::string& why) {
  if (&attempt != attempt_.get() || closing_) return;
  log_->info("{} is gone again: {}", roster_->name(peer), why);
  if (wanted_ && peer < callers_.size()) callers_[peer]->call_again(why);
}

void ClusterImpl::on_running(Attempt& attempt) {
  if (!joining_.succeed(attempt.shared_from_this())) {
    attempt.end({Code::kLost, roster_->name(roster_->self) + " has given up waiting"},
                roster_->self);
    return;
  }
  wanted_ = false;
}

void ClusterImpl::on_over(Attempt& attempt) {
  if (&attempt != attempt_.get() || closing_) return;
  const Status why = attempt.outcome();
  begin_attempt();
  if (!wanted_) return;
  if (!why && why.code() != Code::kLost) return fail_join(why);
  log_->info("beginning anew: {}", why.message());
  // Where an answer is expected already, it comes too late and leads to another call.
  for (uint32_t i = 0; i < callers_.size(); ++i) {
    if (answers_[i] == nullptr) callers_[i]->call_again(why.message());
  }
}

std::string ClusterImpl::missing() const {
  std::string text;
  const bool agreeing = attempt_->phase() != Attempt::Phase::kGathering;
  const auto add = [&](uint32_t process, const std::string& why) {
    text += (text.empty() ? "" : "; ") + roster_->name(process) + why;
  };
  if (agreeing) {
    for (const uint32_t process : attempt_->not_agreed()) {
      add(process, ", which is connected, but not with all others yet");
    }
    return text;
  }
  for (uint32_t i = 0; i < roster_->addresses.size(); ++i) {
    if (i == roster_->self || attempt_->has(i)) continue;
    const bool called = i < callers_.size();
    add(i, !called                      ? ", which has not called"
           : callers_[i]->why().empty() ? ""
                                        : ": " + callers_[i]->why());
  }
  return text;
}

// Strangers.

std::shared_ptr<Stranger> ClusterImpl::make_stranger(Socket socket, int64_t called,
                                                     Stranger::Done done) {
  Identity identity = plan_.identity;
  identity.attempt = attempt_->id();
  // Without one the handshake fails on the other side.
  const auto nonce = random_bytes(kNonceSize);
  Handshake handshake(std::move(identity), called, plan_.settings.token,
                      nonce ? *nonce : std::string());
  return std::make_shared<Stranger>(
      io_->context(), std::make_unique<Link>(std::move(socket), tls_.get()), std::move(handshake),
      called,
      [this](SSL* tls, uint32_t process) {
        return process < hosts_.size() ? check_peer_name(tls, hosts_[process])
                                       : Status::failed("there is no such process");
      },
      std::move(done));
}

void ClusterImpl::on_called(Socket socket) {
  const uint64_t attempt = attempt_->id();
  strangers_.add(
      [&](Stranger::Done done) { return make_stranger(std::move(socket), -1, std::move(done)); },
      [this, attempt](Stranger& stranger) { settle_caller(stranger, attempt); });
}

void ClusterImpl::settle_caller(Stranger& stranger, uint64_t attempt) {
  if (closing_) return;
  if (!stranger.is_known()) {
    const int64_t claimed = stranger.claimed();
    const bool has_name = claimed >= 0 && static_cast<size_t>(claimed) < hosts_.size();
    const std::string name =
        has_name ? "which calls itself " + roster_->name(static_cast<uint32_t>(claimed)) + ", "
                 : std::string();
    quiet_.warn(stranger.remote(),
                name + (stranger.by_other() ? "refuses this process: " : "was closed: ") +
                    stranger.why().message());
    if (stranger.why().code() == Code::kUsage && stranger.proved() && has_name) {
      fail_join(Status::usage(
          roster_->name(static_cast<uint32_t>(claimed)) +
          " cannot run this job together with this process: " + stranger.why().message()));
    }
    return;
  }
  const Peer& peer = stranger.peer();
  const uint32_t id = peer.process_id;
  const std::string name = roster_->name(id);
  if (id <= roster_->self) {
    return turn_away(stranger, "this process is to be called by those with greater ids only");
  }
  if (attempt != attempt_->id()) return turn_away(stranger, "this process has just begun anew");
  if (attempt_->phase() == Attempt::Phase::kGathering) {
    if (attempt_->has(id)) {
      quiet_.warn(stranger.remote(), "which is " + name +
                                         ", has called again: if it goes on like this, two "
                                         "processes were started with the same id");
    }
    const std::shared_ptr<Attempt> kept = attempt_;
    kept->admit(peer, stranger.take_link(), stranger.rest(), true);
    return go_on();
  }
  if (attempt_->is_done(id)) {
    return turn_away(stranger, "the job is about to end here, and " + name + " has left it");
  }
  if (attempt_->id_of(id) == peer.attempt) {
    quiet_.warn(stranger.remote(), "says that it is " + name + ", which is there already");
    return turn_away(stranger, name + " is there already");
  }
  attempt_->end(
      {Code::kLost, name + " was lost: it has begun anew, and called from " + stranger.remote()},
      id);
  turn_away(stranger, "this process has to begin anew, too");
}

void ClusterImpl::on_answer(uint32_t peer, Socket socket) {
  if (closing_ || answers_[peer] != nullptr) return;
  const uint64_t attempt = attempt_->id();
  answers_[peer] = make_stranger(std::move(socket), peer, [this, peer, attempt](Stranger& other) {
    const std::shared_ptr<Stranger> ended = std::move(answers_[peer]);
    answers_[peer] = nullptr;
    settle_answer(peer, other, attempt);
  });
  const std::shared_ptr<Stranger> stranger = answers_[peer];
  stranger->start(Strangers::kMostTime);
}

void ClusterImpl::settle_answer(uint32_t peer, Stranger& stranger, uint64_t attempt) {
  if (!wanted_) return;
  if (!stranger.is_known()) {
    const std::string& why = stranger.why().message();
    log_->debug("{}: {}", roster_->name(peer), why);
    if (stranger.why().code() == Code::kUsage) {
      return fail_join(Status::usage(roster_->name(peer) +
                                     " cannot run this job together with this process: " + why));
    }
    return callers_[peer]->call_again(why);
  }
  const bool is_of_now =
      attempt == attempt_->id() && attempt_->phase() == Attempt::Phase::kGathering;
  if (!is_of_now || attempt_->has(peer)) return call(peer);
  const std::shared_ptr<Attempt> kept = attempt_;
  kept->admit(stranger.peer(), stranger.take_link(), stranger.rest(), false);
  go_on();
}

// Says why to one who has shown that it belongs here, and closes the connection.
void ClusterImpl::turn_away(Stranger& stranger, const std::string& why) {
  log_->debug("{} at {} is turned away: {}", roster_->name(stranger.peer().process_id),
              stranger.remote(), why);
  auto connection =
      std::make_shared<Connection>(io_->context(), stranger.take_link(), io_->frames(), 0);
  connection->start(nullptr, {});
  const Bye bye{{Code::kLost, why}, roster_->self};
  connection->finish(make_frame(io_->frames(), FrameType::kBye, 0, write_bye(bye)), true, nullptr);
}

void ClusterImpl::wait_for_tick() {
  timer_.expires_after(std::max(kLeastTick, microseconds(plan_.settings.timeout_us / 8)));
  timer_.async_wait([this](const Error& error) {
    if (error || closing_) return;
    const std::shared_ptr<Attempt> kept = attempt_;
    kept->tick();
    quiet_.tick();
    wait_for_tick();
  });
}

}  // namespace

Result<std::unique_ptr<Cluster>> Cluster::start(ClusterPlan plan, Log log) {
  auto cluster = std::make_unique<ClusterImpl>(std::move(plan), std::move(log));
  const Status opened = cluster->open();
  if (!opened) return opened;
  return std::unique_ptr<Cluster>(std::move(cluster));
}

}  // namespace streamhost::cluster
