#include "helper_guard.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>

namespace streamhost::jq::guard {
namespace {

constexpr int kSocket = 0;
constexpr int kTicks = 8;  // of the clock, for one task; more when they would be rarer than this:
constexpr uint64_t kLongestTickUs = 250'000;
constexpr uint64_t kPatienceUs = 10'000'000;

// A process has one set of limits and of signal handlers, so this is what a program may call its
// own: there is nothing in it that another could use.
struct {
  // Complete replies that are not sent.
  char ready[256 * 1024];
  volatile size_t ready_size = 0;
  // For the clock.
  volatile uint64_t task = 0;
  volatile uint64_t ticks_allowed = kTicks;
  uint64_t task_seen = 0;
  uint64_t ticks_seen = 0;
  uint64_t ticks_of_task = kTicks, ticks_of_patience = kTicks;
  // For telling a full stack from another wrong access.
  const char* stack_top = nullptr;
  size_t stack_size = 8 << 20;
  char too_long[160] = "";
  char too_large[160] = "";
} self;

alignas(64) char handler_stack[64 * 1024];

void write_all(const char* from, size_t size) {
  while (size > 0) {
    const ssize_t done = ::write(kSocket, from, size);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) _exit(0);  // nobody listens any more
    from += done;
    size -= static_cast<size_t>(done);
  }
}

// While it lives, no handler finds replies half sent.
class Undisturbed {
 public:
  Undisturbed() {
    sigset_t clock;
    sigemptyset(&clock);
    sigaddset(&clock, SIGPROF);
    sigprocmask(SIG_BLOCK, &clock, &before_);
  }
  ~Undisturbed() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  Undisturbed(const Undisturbed&) = delete;
  Undisturbed& operator=(const Undisturbed&) = delete;

 private:
  sigset_t before_;
};

void on_tick(int) {
  // Whoever asked may have been killed, and would not want to have this computed to its end.
  pollfd socket{kSocket, 0, 0};
  if (::poll(&socket, 1, 0) > 0 && (socket.revents & POLLHUP) != 0) _exit(0);
  if (self.task != self.task_seen) {
    self.task_seen = self.task;
    self.ticks_seen = 0;
    return;
  }
  if (++self.ticks_seen > self.ticks_allowed) fault(self.too_long);
}

void on_bad_access(int, siginfo_t* info, void*) {
  const char* const at = static_cast<const char*>(info->si_addr);
  const bool stack = at < self.stack_top && at > self.stack_top - self.stack_size - (1 << 20);
  fault(stack ? "values or calls are nested too deeply for jq" : "jq crashed (a wrong access)");
}
void on_abort(int) { fault("jq gave up (abort)"); }
void on_number(int) { fault("jq crashed (a wrong computation)"); }

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_ONSTACK | SA_RESTART;
  sigfillset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

void cap(__rlimit_resource_t what, rlim_t value) {
  rlimit limit{};
  getrlimit(what, &limit);
  if (limit.rlim_max != RLIM_INFINITY && value > limit.rlim_max) value = limit.rlim_max;
  limit.rlim_cur = limit.rlim_max = value;
  setrlimit(what, &limit);
}

// Bytes of address space in use.
uint64_t in_use() {
  unsigned long pages = 0;
  if (std::FILE* const f = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(f, "%lu", &pages) != 1) pages = 0;
    std::fclose(f);
  }
  return uint64_t{pages} * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

void begin() {
  self.stack_top = static_cast<const char*>(__builtin_frame_address(0)) + 4096;
  prctl(PR_SET_NAME, "streamhost-jq", 0, 0, 0);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#ifdef SYS_close_range
  syscall(SYS_close_range, 3U, ~0U, 0U);
#endif

  stack_t stack{};
  stack.ss_sp = handler_stack;
  stack.ss_size = sizeof handler_stack;
  sigaltstack(&stack, nullptr);
  // The host is told to stop, or goes away: then the socket is closed.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2}) {
    handle(signal, SIG_IGN);
  }
  handle(SIGPROF, on_tick);
  handle(SIGABRT, on_abort);
  handle(SIGFPE, on_number);
  struct sigaction access {};
  access.sa_sigaction = on_bad_access;
  access.sa_flags = SA_ONSTACK | SA_SIGINFO;
  sigfillset(&access.sa_mask);
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL}) sigaction(signal, &access, nullptr);

  cap(RLIMIT_CORE, 0);
}

void limit(uint64_t memory_bytes, uint64_t timeout_us) {
  rlimit stack{};
  getrlimit(RLIMIT_STACK, &stack);
  constexpr rlim_t kStack = 64 << 20;
  if (stack.rlim_cur > kStack || stack.rlim_cur < kStack) {
    stack.rlim_cur = stack.rlim_max < kStack ? stack.rlim_max : kStack;
    setrlimit(RLIMIT_STACK, &stack);
  }
  self.stack_size = static_cast<size_t>(stack.rlim_cur);

  std::snprintf(self.too_long, sizeof self.too_long,
                "the program does not come to an end: more than %g s of computing for one record "
                "(timeout)",
                static_cast<double>(timeout_us) / 1e6);
  std::snprintf(self.too_large, sizeof self.too_large,
                "the program needs more memory than the %llu MiB it may use (memory_limit)",
                static_cast<unsigned long long>(memory_bytes >> 20));
  std::set_new_handler([] { fault_of_memory(); });
  cap(RLIMIT_AS, in_use() + memory_bytes);
  // Nothing can be opened from here on: no modules, no devices.
  cap(RLIMIT_NOFILE, 3);

  const uint64_t tick = std::min(timeout_us / kTicks + 1, kLongestTickUs);
  self.ticks_of_task = std::max<uint64_t>(timeout_us / tick, kTicks);
  self.ticks_of_patience = self.ticks_of_task + kPatienceUs / tick;
  itimerval timer{};
  timer.it_interval.tv_sec = static_cast<time_t>(tick / 1'000'000);
  timer.it_interval.tv_usec = static_cast<suseconds_t>(tick % 1'000'000);
  timer.it_value = timer.it_interval;
  setitimer(ITIMER_PROF, &timer, nullptr);
}

void next_task(bool patient) {
  self.ticks_allowed = patient ? self.ticks_of_patience : self.ticks_of_task;
  self.task = self.task + 1;
}

bool receive(void* to, size_t size) {
  flush();
  char* at = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t done = ::read(kSocket, at, size);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    at += done;
    size -= static_cast<size_t>(done);
  }
  return true;
}

void send(Answer answer, uint32_t count, std::string_view bytes) {
  const Reply reply{answer, count, bytes.size()};
  if (self.ready_size + sizeof reply + bytes.size() > sizeof self.ready) flush();
  if (sizeof reply + bytes.size() > sizeof self.ready) {
    const Undisturbed undisturbed;
    write_all(reinterpret_cast<const char*>(&reply), sizeof reply);
    write_all(bytes.data(), bytes.size());
    return;
  }
  char* const to = self.ready + self.ready_size;
  std::memcpy(to, &reply, sizeof reply);
  if (!bytes.empty()) std::memcpy(to + sizeof reply, bytes.data(), bytes.size());
  self.ready_size = self.ready_size + sizeof reply + bytes.size();
}

void flush() {
  if (self.ready_size == 0) return;
  const Undisturbed undisturbed;
  write_all(self.ready, self.ready_size);
  self.ready_size = 0;
}

void fault_of_memory() { fault(self.too_large); }

void fault(std::string_view message) {
  write_all(self.ready, self.ready_size);
  const Reply reply{Answer::kFault, 0, message.size()};
  write_all(reinterpret_cast<const char*>(&reply), sizeof reply);
  write_all(message.data(), message.size());
  _exit(1);
}

}  // namespace streamhost::jq::guard
