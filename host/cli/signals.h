// SIGINT and SIGTERM as something to wait for, beside the end of the job.
#pragma once

namespace streamhost {

class Signals {
 public:
  // Blocks SIGINT and SIGTERM for this thread and those it starts. Make it before any other
  // thread.
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Makes wait() return kDone. [any thread]
  void done();

  enum class Event { kDone, kSignal, kTick };
  // Waits for done(), a signal, or `tick_ms` (negative: without a limit).
  Event wait(int tick_ms);

 private:
  int signal_fd_ = -1;
  int done_fd_ = -1;
};

}  // namespace streamhost
