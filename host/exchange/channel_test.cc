#include "exchange/channel.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <thread>

namespace streamhost {
namespace {

// A record whose key and value lie in `arena`.
sh_record text_record(ExchangeHub& hub, const std::string& text, ArenaRef& arena) {
  arena = ArenaRef::adopt(hub.arenas.chunk(text.size()));
  uint8_t* bytes = ArenaPool::bytes(arena.get());
  std::memcpy(bytes, text.data(), text.size());
  sh_record r{};
  r.key = r.value = bytes;
  r.key_len = r.value_len = static_cast<uint32_t>(text.size());
  return r;
}

std::string value_of(const sh_record& r) {
  return {reinterpret_cast<const char*>(r.value), r.value_len};
}

TEST(Channel, KeepsTheBytesOfRecordsAliveUntilTheirBlockIsDone) {
  ExchangeHub hub(2, 4, 1 << 20);
  Channel channel(hub, 2);
  {
    Outbox outbox(channel, 0);
    ArenaRef arena;
    const sh_record r = text_record(hub, "hello", arena);
    outbox.add(1, 3, r, arena.get(), BlockKind::kRecords);
    outbox.flush();
  }
  EXPECT_GT(hub.arenas.in_use(), 0u);
  auto block = channel.pop(0, 1);
  ASSERT_NE(block, nullptr);
  EXPECT_EQ(block->port, 3u);
  ASSERT_EQ(block->count, 1u);
  EXPECT_EQ(value_of(block->records[0]), "hello");
  EXPECT_EQ(hub.in_flight, 1u);
  hub.blocks.give_back(std::move(block));
  hub.landed();
  EXPECT_EQ(hub.arenas.in_use(), 0u);
  EXPECT_EQ(hub.in_flight, 0u);
}

TEST(Outbox, IsBlockedWhileALaneIsFullAndGoesOnInOrder) {
  ExchangeHub hub(2, 1, 1 << 20);  // one record a block
  Channel channel(hub, 2);
  Outbox outbox(channel, 0);
  std::vector<ArenaRef> arenas(5);
  for (int i = 0; i < 5; ++i) {
    const sh_record r = text_record(hub, std::to_string(i), arenas[static_cast<size_t>(i)]);
    outbox.add(1, 0, r, arenas[static_cast<size_t>(i)].get(), BlockKind::kRecords);
  }
  EXPECT_TRUE(outbox.blocked());
  EXPECT_FALSE(outbox.retry());
  for (int i = 0; i < 5; ++i) {
    auto block = channel.pop(0, 1);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(value_of(block->records[0]), std::to_string(i));
    hub.landed();
    outbox.retry();
  }
  EXPECT_FALSE(outbox.blocked());
}

TEST(Outbox, SendsTheEndBehindEverythingElseToEveryWorker) {
  ExchangeHub hub(2, 8, 1 << 20);
  Channel channel(hub, 4);
  Outbox outbox(channel, 1);
  ArenaRef arena;
  outbox.add(0, 0, text_record(hub, "x", arena), arena.get(), BlockKind::kRecords);
  outbox.end(true);
  EXPECT_EQ(channel.pop(1, 0)->kind, BlockKind::kRecords);
  for (const uint32_t to : {0u, 1u}) {
    auto end = channel.pop(1, to);
    ASSERT_NE(end, nullptr);
    EXPECT_EQ(end->kind, BlockKind::kEnd);
    EXPECT_TRUE(end->drained);
  }
}

TEST(Outbox, CopiesFewBytesOutOfLargeArenasWhenMemoryIsShort) {
  ExchangeHub hub(2, 2, 100'000);
  Channel channel(hub, 4);
  Outbox outbox(channel, 0);
  {
    auto large = ArenaRef::adopt(hub.arenas.chunk(1 << 20));
    uint8_t* bytes = ArenaPool::bytes(large.get());
    std::memcpy(bytes, "keyvaluename", 12);
    static sh_header header;
    header = {{bytes + 8, 4}, {bytes, 3}};
    sh_record r{};
    r.key = bytes;
    r.key_len = 3;
    r.value = bytes + 3;
    r.value_len = 5;
    r.headers = &header;
    r.header_count = 1;
    outbox.add(1, 0, r, large.get(), BlockKind::kRecords);
    outbox.flush();
  }
  EXPECT_LT(hub.arenas.in_use(), 100'000u);
  auto block = channel.pop(0, 1);
  ASSERT_NE(block, nullptr);
  const sh_record& r = block->records[0];
  EXPECT_EQ(value_of(r), "value");
  EXPECT_EQ(std::memcmp(r.key, "key", 3), 0);
  ASSERT_EQ(r.header_count, 1u);
  EXPECT_EQ(std::memcmp(r.headers[0].name.ptr, "name", 4), 0);
  EXPECT_EQ(std::memcmp(r.headers[0].value.ptr, "key", 3), 0);
}

TEST(Outbox, SendsEachRecordOfABatchItsWayAndKeepsItsOwn) {
  ExchangeHub hub(3, 4, 1 << 20);
  Channel channel(hub, 8);
  Outbox outbox(channel, 1);
  ArenaRef arena;
  const sh_record first = text_record(hub, "0123456789", arena);
  std::vector<sh_record> records;
  for (uint32_t i = 0; i < 10; ++i) {
    records.push_back(first);
    records.back().value += i;
    records.back().value_len = 1;
  }
  sh_batch batch{sizeof(sh_batch), 0, 10, 0, records.data(), arena.get()};
  outbox.add_all(batch, true, [](const sh_record& r) { return (r.value[0] - uint32_t{'0'}) % 3; });
  std::string own;
  for (const sh_record& r : outbox.own()) own += value_of(r);
  EXPECT_EQ(own, "147");
  outbox.flush();
  for (const auto& [worker, expected] : {std::pair{0u, "0369"}, std::pair{2u, "258"}}) {
    auto block = channel.pop(1, worker);
    ASSERT_NE(block, nullptr);
    std::string got;
    for (uint32_t i = 0; i < block->count; ++i) got += value_of(block->records[i]);
    EXPECT_EQ(got, expected);
  }
  EXPECT_EQ(channel.pop(1, 1), nullptr);
}

TEST(Outbox, StartsANewBlockForAnotherInput) {
  ExchangeHub hub(1, 8, 1 << 20);
  Channel channel(hub, 8);
  Outbox outbox(channel, 0);
  ArenaRef arena;
  const sh_record r = text_record(hub, "x", arena);
  outbox.add(0, 0, r, arena.get(), BlockKind::kRecords);
  outbox.add(0, 1, r, arena.get(), BlockKind::kRecords);
  outbox.add(0, 1, r, arena.get(), BlockKind::kPartials);
  outbox.flush();
  EXPECT_EQ(channel.pop(0, 0)->port, 0u);
  EXPECT_EQ(channel.pop(0, 0)->port, 1u);
  EXPECT_EQ(channel.pop(0, 0)->kind, BlockKind::kPartials);
}

TEST(Channel, MovesBlocksBetweenThreadsWithoutLosingAny) {
  ExchangeHub hub(2, 4, 1 << 20);
  Channel channel(hub, 2);
  constexpr uint64_t kRecords = 50'000;
  std::jthread sender([&] {
    Outbox outbox(channel, 0);
    for (uint64_t i = 0; i < kRecords; ++i) {
      while (outbox.blocked()) {
        outbox.retry();
        std::this_thread::yield();
      }
      ArenaRef arena;
      const sh_record r = text_record(hub, std::to_string(i), arena);
      outbox.add(1, 0, r, arena.get(), BlockKind::kRecords);
    }
    outbox.end(false);
    while (outbox.blocked()) {
      outbox.retry();
      std::this_thread::yield();
    }
  });
  uint64_t next = 0;
  for (bool ended = false; !ended;) {
    auto block = channel.pop(0, 1);
    if (!block) {
      std::this_thread::yield();
      continue;
    }
    ended = block->kind == BlockKind::kEnd;
    for (uint32_t i = 0; i < block->count; ++i) {
      ASSERT_EQ(value_of(block->records[i]), std::to_string(next++));
    }
    hub.blocks.give_back(std::move(block));
    hub.landed();
  }
  EXPECT_EQ(next, kRecords);
}

}  // namespace
}  // namespace streamhost
