#include "cli/local_cluster.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>

#include "base/log.h"
#include "cli/child_process.h"
#include "cli/exit_status.h"
#include "cli/line_copier.h"
#include "cli/open_job.h"

namespace streamhost {
namespace {

using Clock = std::chrono::steady_clock;

// How long children may take to end by themselves once one has failed, and once they were told to
// stop at once.
constexpr auto kGrace = std::chrono::seconds(3);

Status cannot(const std::string& what) {
  return Status::failed("cannot " + what + ": " + std::generic_category().message(errno));
}

// Ports of the loopback that nobody else gets while this lives. A process that listens with
// SO_REUSEADDR, as ours do, can have them all the same, because these sockets do not listen.
class Ports {
 public:
  ~Ports() {
    for (const int fd : sockets_) ::close(fd);
  }

  // "127.0.0.1:PORT" for one more.
  Result<std::string> take() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return cannot("find a free port");
    sockets_.push_back(fd);
    const int on = 1;
    sockaddr_in address{};
    socklen_t size = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::bind(fd, raw, size) != 0 || ::getsockname(fd, raw, &size) != 0) {
      return cannot("find a free port");
    }
    return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }

 private:
  std::vector<int> sockets_;
};

Result<std::string> random_token() {
  std::array<unsigned char, 32> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return cannot("make a secret for the cluster");
  }
  std::string hex;
  for (const unsigned char byte : bytes) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

// This process's environment with another value of one variable.
std::vector<std::string> environment_with(const std::string& name, const std::string& value) {
  std::vector<std::string> all = {name + "=" + value};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with(name + "=")) all.emplace_back(*entry);
  }
  return all;
}

// SIGINT, SIGTERM and the ends of children, blocked and waited for, and whatever is said to have
// happened.
class Events {
 public:
  Events() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&set, number);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    happened_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  }
  ~Events() {
    ::close(signals_);
    ::close(happened_);
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  // Makes wait() return. [any thread]
  void happened() {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(happened_, &one, sizeof one);
  }

  // The next signal; 0 when something else has happened, or `until` has come.
  int wait(const std::optional<Clock::time_point>& until) {
    int timeout = -1;
    if (until) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - Clock::now());
      timeout = left.count() > 0 ? static_cast<int>(left.count()) : 0;
    }
    pollfd fds[] = {{signals_, POLLIN, 0}, {happened_, POLLIN, 0}};
    if (::poll(fds, 2, timeout) <= 0) return 0;
    uint64_t times = 0;
    [[maybe_unused]] const ssize_t got = ::read(happened_, &times, sizeof times);
    signalfd_siginfo info{};
    const bool signal = ::read(signals_, &info, sizeof info) == sizeof info;
    return signal ? static_cast<int>(info.ssi_signo) : 0;
  }

 private:
  int signals_ = -1;
  int happened_ = -1;
};

class LocalCluster {
 public:
  LocalCluster(const CommandLine& line, Log log, Events& events)
      : line_(line), log_(std::move(log)), events_(events) {}
  ~LocalCluster() {
    kill_all();
    for (const ChildProcess& child : children_) {
      if (child.pid > 0) ::waitpid(child.pid, nullptr, 0);
    }
  }
  LocalCluster(const LocalCluster&) = delete;
  LocalCluster& operator=(const LocalCluster&) = delete;

  Status start(const std::vector<std::string>& addresses) {
    std::string all;
    for (const std::string& address : addresses) all += (all.empty() ? "" : ",") + address;
    std::string pids;
    for (size_t id = 0; id < addresses.size(); ++id) {
      std::vector<std::string> arguments = without_processes(line_.arguments);
      for (const std::string& word :
           {std::string("-i"), std::to_string(id), std::string("-a"), all})
        arguments.push_back(word);
      // Keystrokes are for this process: a child that read them would be stopped.
      const bool reads = id == 0 && ::isatty(STDIN_FILENO) == 0;
      auto child =
          start_child(arguments, environment_with("STREAMHOST_CLUSTER_LISTEN", addresses[id]),
                      reads ? STDIN_FILENO : -1);
      if (!child) return child.status();
      children_.push_back(*child);
      pids += (pids.empty() ? "" : ", ") + std::to_string(child->pid);
    }
    log_->info("{} processes on this machine (pid {}) at {}", addresses.size(), pids, all);
    return Status::ok();
  }

  // Until all have ended and what they wrote is handed on; the exit status.
  int run() {
    start_copying();
    for (size_t left = children_.size(); left > 0 || copying_out_ > 0 || copying_err_ > 0;) {
      const int signal = events_.wait(kill_at_);
      if (signal == SIGINT || signal == SIGTERM) on_signal();
      if (kill_at_ && Clock::now() >= *kill_at_) {
        kill_at_.reset();
        kill_all();
      }
      left = reap();
      // Nobody may be there to read the rest of what they wrote.
      if (left == 0 && signals_ >= 2 && (copying_err_ == 0 || signals_ > 2)) ::_exit(1);
    }
    return outcome_;
  }

 private:
  void start_copying() {
    const bool json = line_.log_format == "json";
    for (size_t id = 0; id < children_.size(); ++id) {
      const std::string prefix = json ? "" : "[" + std::to_string(id) + "] ";
      copy(children_[id].out, STDOUT_FILENO, "", out_turn_, copying_out_);
      copy(children_[id].err, STDERR_FILENO, prefix, err_turn_, copying_err_);
    }
  }

  void copy(int from, int to, const std::string& prefix, std::mutex& turn,
            std::atomic<size_t>& count) {
    ++count;
    copiers_.emplace_back([this, from, to, prefix, &turn, &count] {
      copy_lines(from, to, prefix, turn);
      --count;
      events_.happened();
    });
  }

  // The first drains, the second stops at once. Two different ones, because a signal that was not
  // looked at yet swallows another one of its kind.
  void on_signal() {
    signal_all(signals_ == 0 ? SIGTERM : SIGINT);
    if (++signals_ < 2) return;
    if (outcome_ == 0) outcome_ = 1;
    ending_ = true;
    kill_at_ = signals_ == 2 ? Clock::now() + kGrace : Clock::now();
  }

  // Looks who has ended; how many run still.
  size_t reap() {
    size_t running = 0;
    for (size_t id = 0; id < children_.size(); ++id) {
      ChildProcess& child = children_[id];
      int state = 0;
      if (child.pid < 0) continue;
      if (::waitpid(child.pid, &state, WNOHANG) == child.pid) {
        child.pid = -1;
        ended(id, state);
      } else {
        ++running;
      }
    }
    return running;
  }

  void ended(size_t id, int state) {
    if (WIFEXITED(state) && WEXITSTATUS(state) == 0) return;
    const bool killed = WIFSIGNALED(state);
    if (outcome_ == 0) outcome_ = killed ? 1 : WEXITSTATUS(state);
    if (ending_) return;  // what ends now does so because of another one
    ending_ = true;
    if (killed) {
      log_->error("process {} was ended by signal {} ({}): the others are ended", id,
                  WTERMSIG(state), ::strsignal(WTERMSIG(state)));
      kill_all();
    } else {
      log_->error("process {} has ended with status {}: the others are ended", id,
                  WEXITSTATUS(state));
      kill_at_ = Clock::now() + kGrace;  // they have been told, and may say something about it
    }
  }

  void signal_all(int number) {
    for (const ChildProcess& child : children_) {
      if (child.pid > 0) ::kill(child.pid, number);
    }
  }
  void kill_all() { signal_all(SIGKILL); }

  const CommandLine& line_;
  const Log log_;
  Events& events_;
  std::vector<ChildProcess> children_;
  std::mutex out_turn_, err_turn_;
  std::atomic<size_t> copying_out_ = 0, copying_err_ = 0;
  std::vector<std::jthread> copiers_;
  std::optional<Clock::time_point> kill_at_;  // those who are left then
  int signals_ = 0;
  bool ending_ = false;
  int outcome_ = 0;
};

}  // namespace

std::vector<std::string> without_processes(const std::vector<std::string>& arguments) {
  std::vector<std::string> rest;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--processes") {
      ++i;
    } else if (!arguments[i].starts_with("--processes=")) {
      rest.push_back(arguments[i]);
    }
  }
  return rest;
}

int run_local_cluster(const CommandLine& line) {
  auto log = make_log(line.log_level, line.log_format);
  if (!log) return report(log.status());
  Events events;
  Ports ports;
  std::vector<std::string> addresses;
  for (uint32_t id = 0; id < line.processes; ++id) {
    auto address = ports.take();
    if (!address) return report(address.status());
    addresses.push_back(address.take());
  }
  auto token = random_token();
  if (!token) return report(token.status());
  // Whatever the manifest says for the real hosts; no other thread runs yet.
  ::setenv("STREAMHOST_CLUSTER_TOKEN", token->c_str(), 1);
  ::setenv("STREAMHOST_CLUSTER_TLS", "none", 1);
  ::setenv("STREAMHOST_CLUSTER_LISTEN", addresses.front().c_str(), 1);

  // Mistakes are said once, not by each of them.
  CommandLine first = line;
  first.overrides.process_id = "0";
  first.overrides.addresses = addresses.front();
  if (auto job = open_job(first); !job) return report_start(job.status());

  LocalCluster cluster(line, *log, events);
  if (Status started = cluster.start(addresses); !started) return report(started);
  return cluster.run();
}

}  // namespace streamhost
