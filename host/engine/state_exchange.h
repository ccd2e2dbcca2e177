// Brings the states that a job resumes with to the workers that own their keys, from the processes
// that keep them.
//
// Each process reads the part of the store that it has, step by step, and sends each row whose key
// belongs to a worker elsewhere to that one. What is on its way is bounded: each process may send
// kWindow frames to a worker that this has not taken up yet. All read the steps in the same order,
// and a worker takes up what comes of its step from any process, so whoever is furthest behind can
// always go on.
//
//   frame kStates        tag: worker; body: u32 step, then rows one behind the other as
//                        recovery::RowBlock encodes them; none: that was all of the step
//   frame kStatesCredit  tag: worker; no body: it has taken up a frame
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/status.h"
#include "cluster/members.h"
#include "engine/peers.h"
#include "engine/snapshots.h"
#include "exchange/topology.h"
#include "recovery/row.h"

namespace streamhost {

class StateExchange {
 public:
  // `steps`: keyed steps of which any process has states, in the order in which workers read them.
  // `failed` is called on a thread of its own when the store cannot be read. All outlive it.
  StateExchange(Peers& peers, const Snapshots& snapshots, const Topology& topology,
                std::vector<uint32_t> steps, std::function<void(const Status&)> failed);
  // As stop().
  ~StateExchange();

  // Begins to send. When all processes have started their Peers.
  void start();
  // Waits until everything has been sent, and nothing is read from the store any more. [worker]
  void wait_until_sent();
  // Ends what waits in here; also when the job fails. [any thread]
  void stop();

  // Calls `each` with every row of a step that another process has for this worker, until it says
  // false. False then, or when stop() was called. [worker `worker`]
  bool read(uint32_t step, uint32_t worker,
            const std::function<bool(const recovery::Row& row)>& each);

  // What comes from others. [cluster's thread]
  Status take(uint32_t process, const cluster::Received& frame);
  Status take_credit(uint32_t process, const cluster::Received& frame);

 private:
  static constexpr uint32_t kWindow = 8;                    // frames
  static constexpr size_t kFrameBytes = size_t{128} << 10;  // of rows, about

  // What one process has sent to one worker here and what that has not taken up yet.
  using Queue = std::deque<std::string>;
  Queue& queue(uint32_t process, uint32_t worker) {
    return queues_[topology_.local_index(worker) * topology_.processes() + process];
  }

  void run();
  Status send_step(uint32_t step);
  // Waits for credit; false when it is to stop.
  bool send_rows(uint32_t worker, const std::string& body);

  Peers& peers_;
  const Snapshots& snapshots_;
  const Topology& topology_;
  const std::vector<uint32_t> steps_;
  const std::function<void(const Status&)> failed_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Queue> queues_;
  std::vector<uint32_t> sent_;  // by worker: frames that it has not taken up yet
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace streamhost
