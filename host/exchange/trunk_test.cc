#include "exchange/trunk.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>

#include "cluster/testing/local_members.h"
#include "exchange/block_codec.h"
#include "exchange/channel.h"

namespace streamhost {
namespace {

using cluster::FrameType;
using cluster::testing::MemoryCluster;

// One process: a hub, its trunk and one channel.
struct Process {
  Process(MemoryCluster& cluster, uint32_t self, const std::vector<uint32_t>& workers,
          size_t capacity)
      : members(cluster.members(self)),
        hub(Topology(workers, self), 16, 1 << 20),
        trunk(members, hub, ClusterSettings::Compression::kLz4,
              [this](const Status& why) { failed = why; }),
        channel(hub, capacity, Channel::kMostPayload, &trunk) {
    members.deliver(hub.arenas, {[this](uint32_t from, cluster::Received& frame) {
                                   return frame.header.type == FrameType::kBlock
                                              ? trunk.take_block(from, frame)
                                              : trunk.take_credit(from, frame);
                                 },
                                 [this](const Status&) { lost = true; }});
  }
  ~Process() { members.close(Status::ok()); }

  std::unique_ptr<Block> wait_for(uint32_t from, uint32_t to) {
    for (;;) {
      auto block = channel.pop(from, to);
      if (block || lost) return block;
      std::this_thread::yield();
    }
  }

  cluster::Members& members;
  ExchangeHub hub;
  Trunk trunk;
  Channel channel;
  Status failed;
  std::atomic<bool> lost{false};
};

class TwoProcesses : public ::testing::Test {
 protected:
  const std::vector<uint32_t> workers_{1, 2};
  MemoryCluster cluster_{workers_};
  Process first_{cluster_, 0, workers_, 4};
  Process second_{cluster_, 1, workers_, 4};
  std::string text_ = "some text that stays where it is";

  sh_record record(size_t length) {
    sh_record r{};
    r.key = r.value = reinterpret_cast<const uint8_t*>(text_.data());
    r.key_len = static_cast<uint32_t>(length);
    r.value_len = 4;
    r.event_time_us = SH_NO_TIME;
    return r;
  }
};

TEST_F(TwoProcesses, RecordsReachAWorkerElsewhere) {
  Outbox outbox(first_.channel, 0);
  outbox.add(2, 1, record(7), nullptr, BlockKind::kRecords);
  outbox.watermark(77);
  outbox.flush();
  const auto block = second_.wait_for(0, 2);
  ASSERT_NE(block, nullptr);
  ASSERT_EQ(block->count, 1u);
  EXPECT_EQ(block->port, 1u);
  EXPECT_EQ(block->watermark, 77);
  EXPECT_EQ(block->records[0].key_len, 7u);
  EXPECT_EQ(std::memcmp(block->records[0].value, "some", 4), 0);
  // The other worker there only gets the watermark.
  EXPECT_EQ(second_.wait_for(0, 1)->kind, BlockKind::kWatermark);
}

TEST_F(TwoProcesses, ALaneHoldsNoMoreThanItsCreditAndGoesOnInOrder) {
  Outbox outbox(first_.channel, 0);
  uint32_t sent = 0;
  while (!outbox.blocked()) {
    for (int i = 0; i < 16; ++i) outbox.add(1, 0, record(sent % 30), nullptr, BlockKind::kRecords);
    ++sent;
    ASSERT_LT(sent, 100u);
  }
  EXPECT_EQ(sent, 5u) << "four blocks on their way, and one that waits";
  for (uint32_t i = 0; i < 200; ++i) {
    std::unique_ptr<Block> block;
    while (!(block = second_.channel.pop(0, 1))) outbox.retry();
    EXPECT_EQ(block->records[0].key_len, i % 30);
    second_.hub.landed();
    outbox.retry();
    if (outbox.blocked()) continue;  // credit comes in lots
    for (int k = 0; k < 16; ++k) outbox.add(1, 0, record(sent % 30), nullptr, BlockKind::kRecords);
    ++sent;
  }
}

TEST_F(TwoProcesses, NothingIsLeftOfWhatWasSentAndReceived) {
  Outbox outbox(second_.channel, 2);
  outbox.add(0, 0, record(3), nullptr, BlockKind::kRecords);
  outbox.flush();
  auto block = first_.wait_for(2, 0);
  ASSERT_NE(block, nullptr);
  first_.hub.blocks.give_back(std::move(block));
  first_.hub.landed();
  while (second_.hub.in_flight != 0) std::this_thread::yield();
  EXPECT_EQ(first_.hub.in_flight, 0u);
  EXPECT_EQ(first_.hub.arenas.in_use(), 0u);
  EXPECT_EQ(second_.hub.arenas.in_use(), 0u);
}

TEST_F(TwoProcesses, ABlockBeyondTheCreditEndsTheAttempt) {
  Block block;
  block.kind = BlockKind::kWatermark;
  for (int i = 0; i < 5; ++i) first_.trunk.send(0, 0, 1, block);
  while (!second_.lost) std::this_thread::yield();
  EXPECT_EQ(second_.members.outcome().code(), Code::kLost);
}

TEST_F(TwoProcesses, ABlockInAnotherProcessesNameEndsTheAttempt) {
  Block block;
  block.kind = BlockKind::kWatermark;
  first_.trunk.send(0, 2, 1, block);  // worker 2 is not process 0's
  while (!second_.lost) std::this_thread::yield();
}

TEST_F(TwoProcesses, ABlockOfAnUnknownChannelEndsTheAttempt) {
  Block block;
  block.kind = BlockKind::kWatermark;
  first_.trunk.send(9, 0, 1, block);
  while (!second_.lost) std::this_thread::yield();
}

TEST(Topology, NumbersWorkersThroughAllProcesses) {
  const Topology second({2, 3, 1}, 1);
  EXPECT_EQ(second.workers(), 6u);
  EXPECT_EQ(second.processes(), 3u);
  EXPECT_EQ(second.first(), 2u);
  EXPECT_EQ(second.local(), 3u);
  EXPECT_FALSE(second.is_local(1));
  EXPECT_TRUE(second.is_local(2));
  EXPECT_TRUE(second.is_local(4));
  EXPECT_FALSE(second.is_local(5));
  EXPECT_EQ(second.local_index(3), 1u);
  EXPECT_EQ(second.process_of(1), 0u);
  EXPECT_EQ(second.process_of(2), 1u);
  EXPECT_EQ(second.process_of(5), 2u);
  EXPECT_EQ(second.first_of(2), 5u);
}

}  // namespace
}  // namespace streamhost
