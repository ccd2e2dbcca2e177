// Puts a thread to sleep until another one wakes it or a time has come. Never polls.
//
// The sleeper announces itself first, looks for work once more, and only then waits:
//   parker.announce();
//   if (found work) parker.cancel(); else parker.wait(until_us);
// A waker first makes the work visible by a sequentially consistent store, then calls wake().
// Either the sleeper's last look finds the work, or wake() finds the announcement: nothing is
// missed.
#pragma once

#include <atomic>
#include <cstdint>

namespace streamhost {

class Parker {
 public:
  Parker() = default;
  Parker(const Parker&) = delete;
  Parker& operator=(const Parker&) = delete;

  void announce();  // [owner]
  void cancel();    // [owner]
  // Sleeps until woken, or `timeout_us` from now; negative: without a limit. May also return early
  // for no reason. [owner]
  void wait(int64_t timeout_us);

  // Costs one load while the owner is busy. [any thread]
  void wake() {
    if (state_.load(std::memory_order_seq_cst) == kAnnounced) wake_slow();
  }

  // How often the owner really went to sleep.
  uint64_t sleeps() const { return sleeps_; }

 private:
  static constexpr uint32_t kRunning = 0;
  static constexpr uint32_t kAnnounced = 1;
  void wake_slow();

  std::atomic<uint32_t> state_{kRunning};
  uint64_t sleeps_ = 0;
};

}  // namespace streamhost
