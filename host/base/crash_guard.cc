#include "base/crash_guard.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace streamhost {

namespace {

struct Watched {
  int number;
  const char* name;
};
constexpr std::array<Watched, 5> kWatched{{{SIGSEGV, "segmentation fault"},
                                           {SIGBUS, "bus error"},
                                           {SIGFPE, "arithmetic error"},
                                           {SIGILL, "illegal instruction"},
                                           {SIGABRT, "abort"}}};
constexpr size_t kStackSize = 64 * 1024;

// What was installed before us, by the place in kWatched. Written once by install_crash_guard().
std::array<struct sigaction, kWatched.size()> previous_actions;

// One line, put together without memory from the heap and written in one piece.
class Line {
 public:
  Line& operator<<(const char* text) {
    for (; *text != '\0' && used_ + 1 < sizeof(text_); ++text) text_[used_++] = *text;
    return *this;
  }
  Line& operator<<(int number) {
    char digits[12];
    char* at = digits + sizeof(digits) - 1;
    *at = '\0';
    do {
      *--at = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number > 0);
    return *this << at;
  }
  void write() {
    text_[used_++] = '\n';
    // Nobody is left to be told that this failed.
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text_, used_);
  }

 private:
  char text_[2048];
  size_t used_ = 0;
};

void on_signal(int number, siginfo_t* info, void* context) {
  const CrashScope* scope = CrashScope::current();
  size_t place = 0;
  while (place + 1 < kWatched.size() && kWatched[place].number != number) ++place;
  Line line;
  line << "streamhost: fatal: signal " << number << " (" << kWatched[place].name << ")";
  if (scope != nullptr) line << " in " << scope->what();
  line.write();
  if (scope != nullptr && scope->exit_status() != 0) ::_exit(scope->exit_status());

  struct sigaction& previous = previous_actions[place];
  if ((previous.sa_flags & SA_SIGINFO) != 0 && previous.sa_sigaction != nullptr) {
    previous.sa_sigaction(number, info, context);
  }
  struct sigaction fallback {};
  fallback.sa_handler = SIG_DFL;
  ::sigaction(number, &fallback, nullptr);
  ::raise(number);  // delivered when this handler returns
}

void on_exit() {
  const CrashScope* scope = CrashScope::current();
  if (scope == nullptr) return;
  Line line;
  line << "streamhost: fatal: exit was called in " << scope->what();
  line.write();
  // Not the status that was asked for: a plugin must not be able to end a job as if it were done.
  ::_exit(scope->exit_status() != 0 ? scope->exit_status() : 1);
}

}  // namespace

void install_crash_guard() {
  for (size_t i = 0; i < kWatched.size(); ++i) {
    struct sigaction action {};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(kWatched[i].number, &action, &previous_actions[i]);
  }
  std::atexit(on_exit);
  std::at_quick_exit(on_exit);
}

CrashStack::CrashStack() {
  stack_t present{};
  ::sigaltstack(nullptr, &present);
  if ((present.ss_flags & SS_DISABLE) == 0) return;  // a sanitizer's: as good as ours
  memory_ = std::make_unique<char[]>(kStackSize);
  stack_t mine{};
  mine.ss_sp = memory_.get();
  mine.ss_size = kStackSize;
  ::sigaltstack(&mine, nullptr);
}

CrashStack::~CrashStack() {
  if (!memory_) return;
  stack_t none{};
  none.ss_flags = SS_DISABLE;
  ::sigaltstack(&none, nullptr);
}

}  // namespace streamhost
