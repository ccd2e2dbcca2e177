// The other processes of a job: what is told to them, and where what they tell goes.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "cluster/members.h"
#include "engine/epochs.h"
#include "exchange/channel.h"
#include "exchange/trunk.h"

namespace streamhost {

// Who takes what the others tell, on the cluster's thread. None of these may wait. A status that is
// not ok says that no sane process tells this: it is lost.
class PeerNews {
 public:
  virtual void epoch(const EpochNews& news) = 0;
  // The sources of a process have come so far, by group.
  virtual void time(uint32_t process, const std::vector<int64_t>& least_us) = 0;
  // The job is to end.
  virtual void drain_asked() = 0;
  // Rows of the epoch in hand, of the step with this number in the store.
  virtual Status rows(uint32_t process, uint32_t number, std::string_view encoded) = 0;
  // A process has taken in so many bytes of rows.
  virtual void rows_settled(uint64_t bytes) = 0;
  // Rows to resume with; see state_exchange.h.
  virtual Status states(uint32_t process, cluster::Received& frame) = 0;
  virtual Status states_credit(uint32_t process, const cluster::Received& frame) = 0;
  // A process is lost, or has ended the job.
  virtual void lost(const Status& why) = 0;

 protected:
  ~PeerNews() = default;
};

class Peers {
 public:
  // `failed` as for Trunk.
  Peers(cluster::Members& members, ExchangeHub& hub, ClusterSettings::Compression compression,
        std::function<void(const Status&)> failed);

  cluster::Members& members() { return members_; }
  Trunk& trunk() { return trunk_; }
  const Topology& topology() const { return hub_.topology; }

  // From here on `news` gets what the others tell, until stop().
  void start(PeerNews& news);
  // Leaves the cluster: tells the others why, and hears nothing more of them.
  void stop(const Status& why);

  // These go to all others. [any thread]
  void tell(const EpochNews& news);
  void tell_time(const std::vector<int64_t>& least_us);
  void tell_drain();
  // Sends a frame of the job with this body. [any thread]
  void send(uint32_t process, cluster::FrameType type, uint32_t tag, std::string_view body);

 private:
  Status take(uint32_t from, cluster::Received& frame, PeerNews& news);
  void send_all(cluster::FrameType type, const std::string& body);

  cluster::Members& members_;
  ExchangeHub& hub_;
  const std::function<void(const Status&)> failed_;
  Trunk trunk_;
};

}  // namespace streamhost
