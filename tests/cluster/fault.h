// What is done to a cluster that runs a job.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cluster/loopback.h"
#include "cluster/operation.h"
#include "crash/random.h"

namespace streamhost::cluster_test {

enum class Fault {
  kKill,         // SIGKILL, and started again
  kKillAtPoint,  // the same, and then it kills itself at a point of its protocol
  kKillTwo,      // two at the same time
  kKillJoining,  // the same or another one again while the first is joining or resuming
  kKillAll,      // everybody, and started again in another shape
  kDrain,        // SIGTERM to one: everybody ends in order; then started again in another shape
  kStopShort,    // SIGSTOP for less than the timeout: nobody is lost
  kStopLong,     // for longer: the others go back; then SIGCONT, and it joins them by itself
  kStopAndKill,  // one is stopped while another one is killed
  kReset,        // a connection is reset
  kCutShort,     // nothing gets through between two, for less than the timeout: nobody is lost
  kCutLong,      // for longer, while both can talk to all others
  kCutOffLong,   // one can talk to nobody
  kOneWayLong,   // what one says does not reach another one, but the other way round it does
  kDelay,        // everything takes longer: nobody is lost
};

const std::vector<Fault>& all_faults();
const char* name_of(Fault fault);
// Whether it is done to the connections, for which there must be relays.
bool needs_relays(Fault fault);
// Whether the others must go back to the last epoch because of it.
bool loses_somebody(Fault fault);

// Does things to one operation, and undoes them.
class Disturber {
 public:
  // All of them outlive it.
  Disturber(Operation& operation, Loopback& network, crash::Random& random)
      : op_(operation), network_(network), random_(random) {}

  // False: it hit nobody, since the job was over, say. Notes a failure at the operation when those
  // who were not hit do not do what they should. Who was hit is on the way back when it returns.
  bool apply(Fault fault);
  // When the last one was undone.
  Clock::time_point undone_at() const { return undone_at_; }

  // A shape for a job to begin or to go on with, in at most `most` processes.
  Shape draw_shape();
  // A point of the protocol to die at.
  std::string draw_point();

 private:
  size_t anybody() { return random_.below(op_.size()); }
  size_t anybody_but(size_t process);
  Millis between(double from, double to);  // times the timeout
  void pause(Millis time);
  // Whether it was alive.
  bool kill(size_t process);
  void start_again(size_t process, const std::string& point = "");
  bool drain();
  bool kill_all();
  void go_on_in_another_shape();
  bool stop(Fault fault);
  bool stop_and_kill();
  bool disturb_network(Fault fault);
  // What is going on lasts shorter than the timeout: nobody may be lost by it.
  void last_short(const std::function<void()>& undo);
  // What is going on lasts for longer: all who are there, `hit` apart, must go back.
  void last_long(std::optional<size_t> hit);

  // How often each has gone back; empty when not all are at work, so that nothing follows from it.
  std::vector<int> look() const;
  // Waits until everybody who runs, `hit` apart, has gone back since.
  void expect_noticed(const std::vector<int>& before, std::optional<size_t> hit);

  Operation& op_;
  Loopback& network_;
  crash::Random& random_;
  Clock::time_point undone_at_;
  std::optional<Shape> first_;  // of the store: it has so many parts for ever
};

}  // namespace streamhost::cluster_test
