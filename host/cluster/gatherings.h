// What the members of an attempt have handed in so far, until somebody has it all.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "base/status.h"

namespace streamhost::cluster {

class Gatherings {
 public:
  explicit Gatherings(size_t processes) : handed_in_(processes) {}

  // What `process` hands in, the `number`th time, from 0. kFailed when it could not have come to
  // that yet: it would need what others have not handed in. [any thread]
  Status hand_in(size_t process, uint32_t number, std::string what);

  // Whether everybody has handed in once more. [any thread]
  bool is_complete() const;
  // Who has not. [any thread]
  std::vector<uint32_t> missing() const;
  // What everybody has, which then makes room for the next time. Only when it is complete.
  std::vector<std::string> take();

  // Waits until that is so, and gives what each has handed in, by process; or until end() was
  // called with something that is not ok, and gives that. [one thread]
  Result<std::vector<std::string>> wait();
  // Ends waiting, now and later, with the first status that is given. [any thread]
  void end(const Status& why);
  // Drops what `process` has handed in and nobody has taken. [any thread]
  void forget(size_t process);
  // `process` will hand in nothing more: waiting for it ends with `why`. [any thread]
  void leave(size_t process, const Status& why);

 private:
  // Nobody hands in for the next time but one before all have handed in for the next.
  static constexpr size_t kMostAhead = 2;

  bool complete() const;
  std::vector<std::string> pop();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::deque<std::string>> handed_in_;
  std::vector<Status> left_;
  uint32_t taken_ = 0;  // how often all was taken
  Status ended_;
};

}  // namespace streamhost::cluster
