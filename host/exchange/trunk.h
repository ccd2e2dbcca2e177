// The way of blocks between processes: for each channel, the lanes that begin or end elsewhere.
//
// Credit. A lane between processes holds a bounded number of blocks, as one within a process does:
// its sender begins with credit for that many, each block takes one, and one comes back when the
// receiving worker has taken a block out. So what comes always finds room, the thread that receives
// never waits for a worker, and a slow worker holds up its own lanes and nothing else.
//
// A worker writes its blocks as bytes itself, while they are in its caches; what it sends is then
// only copied into the socket.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/status.h"
#include "cluster/members.h"
#include "exchange/block.h"
#include "exchange/topology.h"
#include "manifest/settings.h"

namespace streamhost {

class Channel;
struct ExchangeHub;

class Trunk {
 public:
  // `failed` is called when a block cannot be sent at all. [any thread]
  Trunk(cluster::Members& members, ExchangeHub& hub, ClusterSettings::Compression compression,
        std::function<void(const Status&)> failed);

  // Gives the next channel its number; in the same order on all processes. [control]
  uint32_t add(Channel& channel);

  // Sends a block to worker `to` of another process. The caller has credit for it. [worker `from`]
  void send(uint32_t channel, uint32_t from, uint32_t to, const Block& block);
  // Tells worker `from` of another process that `blocks` more may come by its lane to `to`.
  // [worker `to`]
  void give_credit(uint32_t channel, uint32_t from, uint32_t to, uint32_t blocks);

  // What other processes send; kFailed when no sane one sends that. [cluster's thread]
  Status take_block(uint32_t process, cluster::Received& frame);
  Status take_credit(uint32_t process, const cluster::Received& frame);

 private:
  cluster::Members& members_;
  ExchangeHub& hub_;
  const ClusterSettings::Compression compression_;
  const std::function<void(const Status&)> failed_;
  std::vector<Channel*> channels_;
};

}  // namespace streamhost
