// Names the plugin when one takes the process down: by a signal, by abort, or by calling exit.
//
// A thread says what it is about to run in a plugin, by putting a CrashScope around the call. When
// the call crashes, one line goes to stderr before the process ends:
//   streamhost: fatal: signal 11 (segmentation fault) in init of plugin "acme" (/opt/acme.so)
#pragma once

#include <memory>

namespace streamhost {

// What this thread is doing in a plugin's code, from construction to destruction. Scopes of one
// thread nest. Cheap enough to be made once per batch: a few stores to the stack and one to
// thread-local memory.
class CrashScope {
 public:
  // `what`, null-terminated, must outlive the scope: `init of plugin "acme" (/opt/acme.so)`.
  // `exit_status`: what the process ends with at once; 0 lets a signal take its course (a core
  // dump, a sanitizer's report) and turns a call of exit() into status 1.
  explicit CrashScope(const char* what, int exit_status = 0) noexcept
      : what_(what), exit_status_(exit_status), outer_(innermost) {
    innermost = this;
  }
  ~CrashScope() { innermost = outer_; }
  CrashScope(const CrashScope&) = delete;
  CrashScope& operator=(const CrashScope&) = delete;

  const char* what() const { return what_; }
  int exit_status() const { return exit_status_; }
  // The scope that this thread is in; null when in none. Safe in a signal handler.
  static const CrashScope* current() { return innermost; }

 private:
  const char* what_;
  int exit_status_;
  const CrashScope* outer_;
  // Constant-initialised, so that a signal handler may read it.
  static inline constinit thread_local const CrashScope* innermost = nullptr;
};

// Installs the handlers for SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT and the check at exit, for
// the whole process. Once, at the start of main. Handlers that were there before (a sanitizer's)
// still get the signal afterwards, unless the scope asks for an exit status.
void install_crash_guard();

// A stack of its own for the handlers on this thread, so that a stack overflow is named as well.
// Make one at the top of each thread that calls plugins; gone with the object.
class CrashStack {
 public:
  CrashStack();
  ~CrashStack();
  CrashStack(const CrashStack&) = delete;
  CrashStack& operator=(const CrashStack&) = delete;

 private:
  std::unique_ptr<char[]> memory_;  // null when the thread already had one
};

}  // namespace streamhost
