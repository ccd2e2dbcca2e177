#include "exchange/parker.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

namespace streamhost {
namespace {

long futex(std::atomic<uint32_t>* word, int op, uint32_t value, const timespec* timeout) {
  return syscall(SYS_futex, reinterpret_cast<uint32_t*>(word), op | FUTEX_PRIVATE_FLAG, value,
                 timeout, nullptr, 0);
}

}  // namespace

void Parker::announce() { state_.store(kAnnounced, std::memory_order_seq_cst); }

void Parker::cancel() { state_.store(kRunning, std::memory_order_relaxed); }

void Parker::wait(int64_t timeout_us) {
  if (timeout_us != 0 && state_.load(std::memory_order_seq_cst) == kAnnounced) {
    ++sleeps_;
    if (timeout_us < 0) {
      futex(&state_, FUTEX_WAIT, kAnnounced, nullptr);
    } else {
      const timespec timeout{timeout_us / 1'000'000, timeout_us % 1'000'000 * 1000};
      futex(&state_, FUTEX_WAIT, kAnnounced, &timeout);
    }
  }
  state_.store(kRunning, std::memory_order_seq_cst);
}

void Parker::wake_slow() {
  uint32_t expected = kAnnounced;
  if (state_.compare_exchange_strong(expected, kRunning, std::memory_order_seq_cst)) {
    futex(&state_, FUTEX_WAKE, 1, nullptr);
  }
}

}  // namespace streamhost
