// Those who have called and have not shown yet who they are. There are so many at most, and each
// has a bounded time; a new one displaces the one that has said nothing for longest. So whoever
// only occupies a place keeps nobody out who has something to say.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>

#include "cluster/quiet_log.h"
#include "cluster/stranger.h"

namespace streamhost::cluster {

// All on the io thread.
class Strangers {
 public:
  static constexpr size_t kMost = 256;
  static constexpr std::chrono::seconds kMostTime{5};

  using Make = std::function<std::shared_ptr<Stranger>(Stranger::Done done)>;
  // Takes in the one that `make` makes, and calls `done` when it has ended.
  void add(const Make& make, Stranger::Done done);
  // Closes all, and lets nobody in any more.
  void close();

  size_t size() const { return list_.size(); }

 private:
  void make_room();

  std::list<std::shared_ptr<Stranger>> list_;  // the oldest first
  bool closed_ = false;
};

}  // namespace streamhost::cluster
