// The records of a call that are still to be added to their states, so that a logic is called once
// for all of them.
#pragma once

#include <streamhost/sdk.hpp>

#include <vector>

#include "logic.h"

namespace streamhost::window {

// Of one instance of a step. As long as each record of the batch goes to one state nothing is
// copied: the records are those of the batch.
class Pending {
 public:
  // A batch of `count` records, which must stay until flush().
  void begin(const sh_record* records, uint32_t count, uint32_t port) {
    batch_ = records;
    port_ = port;
    first_ = 0;
    clear();
    if (states_.size() < count) states_.resize(count);
  }
  uint32_t port() const { return port_; }
  // Record `i` of the batch goes to `state`.
  void add(uint32_t i, void* state) {
    if (!copied_ && (count_ == 0 || first_ + count_ == i)) [[likely]] {
      if (count_ == 0) first_ = i;
      states_[count_++] = state;
      return;
    }
    add_copy(batch_[i], state);
  }
  // A record that need not be of the batch.
  void add_copy(const sh_record& record, void* state);

  // Adds all of them.
  void flush(Logic& logic, Rejecter& bad);
  // Forgets all of them, when a call has failed.
  void clear() {
    count_ = 0;
    copied_ = false;
    copies_.clear();
  }

 private:
  const sh_record* batch_ = nullptr;
  uint32_t port_ = 0;
  uint32_t first_ = 0, count_ = 0;
  bool copied_ = false;
  std::vector<void*> states_;  // the first `count_`
  std::vector<sh_record> copies_;
};

}  // namespace streamhost::window
