// All processes of a cluster, connected with each other: one attempt at running the job together.
//
// An attempt lives as long as every connection of it does. When one is lost the attempt is over,
// for all processes: each closes what it has and begins another one (see Cluster::join()). So
// nothing of an attempt that is over can reach one that is not.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/status.h"
#include "cluster/frame.h"

namespace streamhost::cluster {

class Members {
 public:
  struct Handlers {
    // A frame of the job (from kFirstOfJob on), in the order in which `from` has sent it. A Status
    // that is not ok says that no sane peer sends this: the attempt is over.
    std::function<Status(uint32_t from, Received& frame)> frame;
    // The attempt is over, by whatever means but close(); at most once. See outcome().
    std::function<void(const Status& why)> lost;
  };

  // As close(kStopped) if that was not called.
  virtual ~Members() = default;

  virtual uint32_t self() const = 0;
  // Worker threads of each process; as many as there are processes.
  virtual const std::vector<uint32_t>& workers() const = 0;
  // "process 2 (h2:2101)".
  virtual std::string name(uint32_t process) const = 0;
  // Where frames for sending may be made. It is the cluster's: its chunks outlive these members,
  // but are given back before the Cluster and its last Members are gone.
  virtual ArenaPool& frames() = 0;

  // From here on frames of the job are handed to `handlers`, on a thread of the cluster's own, one
  // at a time; handlers never wait for anything. Bodies of kBlock lie in chunks of `pool`, which
  // outlives close(). To be called before the gather() behind which others may send such frames.
  virtual void deliver(ArenaPool& pool, Handlers handlers) = 0;

  // Sends a frame to another process, after those that were sent to it before. Never waits: how
  // much may be on its way is bounded by those who send. Once the attempt is over it does nothing.
  // `written`, if given, is called when the frame has left, or never will: on the cluster's thread,
  // or within send() once the attempt is over; before close() returns in any case. [any]
  virtual void send(uint32_t to, Frame frame, std::function<void()> written = nullptr) = 0;

  // Waits until every process has called it as often as this one, and gives what each has handed
  // in, by process. Fails when the attempt is over before all have, or when one that has not is
  // done with its part of the job (kLost). [one thread at a time]
  virtual Result<std::vector<std::string>> gather(std::string mine) = 0;

  // Ok as long as all are there or done. kLost: one is lost, and the job may go on once it is back;
  // otherwise the status with which another process has ended the job. The message names the
  // process that it began with, and is the same for all. [any thread]
  virtual Status outcome() const = 0;

  // Ends the attempt: tells the others why (ok: the job is done; kLost; or what failed, which ends
  // the job everywhere), and closes all connections once that is sent, or a second later. Of
  // kStopped the others learn that this process is gone. When it returns no handler runs, nor will.
  // [one thread]
  virtual void close(const Status& why) = 0;
};

}  // namespace streamhost::cluster
