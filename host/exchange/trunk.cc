#include "exchange/trunk.h"

#include <cstring>
#include <string>

#include "exchange/block_codec.h"
#include "exchange/channel.h"

namespace streamhost {
namespace {

using cluster::Frame;
using cluster::FrameType;
using cluster::Received;

// The body of a kCredit frame; its tag is the channel.
struct Credit {
  uint32_t from, to, blocks;
};

}  // namespace

Trunk::Trunk(cluster::Members& members, ExchangeHub& hub, ClusterSettings::Compression compression,
             std::function<void(const Status&)> failed)
    : members_(members), hub_(hub), compression_(compression), failed_(std::move(failed)) {}

uint32_t Trunk::add(Channel& channel) {
  channels_.push_back(&channel);
  return static_cast<uint32_t>(channels_.size() - 1);
}

void Trunk::send(uint32_t channel, uint32_t from, uint32_t to, const Block& block) {
  const BlockLayout layout = layout_of(block);
  if (layout.size > cluster::kMaxBody) {
    failed_(Status::failed("records of " + std::to_string(layout.size) +
                           " bytes cannot be sent to another process: at most " +
                           std::to_string(cluster::kMaxBody) + " bytes can"));
    return;
  }
  const auto body = static_cast<uint32_t>(layout.size);
  ArenaRef chunk = cluster::frame_chunk(hub_.arenas, body);
  Frame frame;
  if (chunk) {
    encode_block(block, layout, {from, to}, cluster::body_of(chunk.get()));
    frame = cluster::finish(hub_.arenas, std::move(chunk), FrameType::kBlock, channel, body,
                            compression_);
  }
  if (!frame.chunk) {
    failed_(Status::failed("out of memory"));
    return;
  }
  hub_.in_flight.fetch_add(1, std::memory_order_seq_cst);
  members_.send(hub_.topology.process_of(to), std::move(frame), [hub = &hub_] { hub->landed(); });
}

void Trunk::give_credit(uint32_t channel, uint32_t from, uint32_t to, uint32_t blocks) {
  const Credit credit{from, to, blocks};
  char body[sizeof(credit)];
  std::memcpy(body, &credit, sizeof(credit));
  Frame frame =
      cluster::make_frame(members_.frames(), FrameType::kCredit, channel, {body, sizeof(body)});
  if (!frame.chunk) {
    failed_(Status::failed("out of memory"));
    return;
  }
  members_.send(hub_.topology.process_of(from), std::move(frame));
}

Status Trunk::take_block(uint32_t process, Received& frame) {
  const auto route = read_route(frame.body);
  if (!route) return route.status();
  const Topology& topology = hub_.topology;
  if (frame.header.tag >= channels_.size() || route->from >= topology.workers() ||
      topology.process_of(route->from) != process || !topology.is_local(route->to)) {
    return Status::failed("a block for a lane that does not exist");
  }
  auto block = hub_.blocks.take();
  const Status status =
      decode_block(frame.body, frame.arena.get(), hub_.batch_size, hub_.arenas, *block);
  if (!status) {
    hub_.blocks.give_back(std::move(block));
    return status;
  }
  if (!channels_[frame.header.tag]->arrived(route->from, route->to, block)) {
    hub_.blocks.give_back(std::move(block));
    return Status::failed("a block beyond the credit of its lane");
  }
  return Status::ok();
}

Status Trunk::take_credit(uint32_t process, const Received& frame) {
  Credit credit;
  if (frame.body.size() != sizeof(credit)) return Status::failed("credit that is none");
  std::memcpy(&credit, frame.body.data(), sizeof(credit));
  const Topology& topology = hub_.topology;
  if (frame.header.tag >= channels_.size() || credit.to >= topology.workers() ||
      topology.process_of(credit.to) != process || !topology.is_local(credit.from)) {
    return Status::failed("credit for a lane that does not exist");
  }
  channels_[frame.header.tag]->credited(credit.from, credit.to, credit.blocks);
  return Status::ok();
}

}  // namespace streamhost
