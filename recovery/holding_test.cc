// Holdings and steps on their way between processes.
#include <gtest/gtest.h>

#include <random>

#include "recovery/hash.h"
#include "recovery/shares.h"

namespace streamhost::recovery::testing {
namespace {

Holding example() {
  Holding holding;
  holding.directory = "/var/lib/job";
  holding.partitions = 3;
  holding.store = "0123456789abcdef";
  holding.parts = 3;
  holding.marker = HeldMarker{"0123456789abcdef", 3, 40, 12};
  holding.proposed_store = "fedcba9876543210";
  holding.proposed_nonce = -5;
  for (const uint32_t number : {0u, 2u}) {
    HeldPart& part = holding.held.emplace_back();
    part.part = number;
    part.path = "/var/lib/job/part-" + std::to_string(number);
    part.place = {"a machine", UINT64_MAX, 7};
    part.sum = INT64_MIN;
    part.horizon = 30;
    part.execution = 8;
    part.nonce = -77;
    part.started_us = 1'700'000'000'000'000;
    part.locked_by = -1;
    for (int64_t epoch = 30; epoch < 40; ++epoch) {
      part.epochs.push_back({epoch * 3, epoch < 35 ? 7 : 8, epoch < 35 ? 123 : -77});
    }
  }
  return holding;
}

// With a check that is right, whatever was done to the rest.
std::string checked(std::string bytes) {
  bytes.resize(bytes.size() - 8);
  const uint64_t check = hash_of(bytes);
  for (int shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<char>(check >> shift));
  return bytes;
}

TEST(Holding, ComesBackAsItWas) {
  const Holding before = example();
  const Result<Holding> after = decode(encode(before));
  ASSERT_TRUE(after) << after.failure().message;
  EXPECT_EQ(encode(*after), encode(before));
  EXPECT_EQ(after->directory, before.directory);
  EXPECT_EQ(after->partitions, before.partitions);
  EXPECT_EQ(after->marker->epoch, 40);
  EXPECT_EQ(after->proposed_nonce, -5);
  ASSERT_EQ(after->held.size(), 2u);
  EXPECT_EQ(after->held[1].part, 2u);
  EXPECT_EQ(after->held[1].place, before.held[1].place);
  EXPECT_EQ(after->held[1].sum, INT64_MIN);
  EXPECT_EQ(after->held[1].locked_by, -1);
  EXPECT_EQ(after->held[1].epochs, before.held[1].epochs);
}

TEST(Holding, AnEmptyOneComesBackAsItWas) {
  const Result<Holding> after = decode(encode(Holding()));
  ASSERT_TRUE(after) << after.failure().message;
  EXPECT_FALSE(after->partitions);
  EXPECT_FALSE(after->marker);
  EXPECT_TRUE(after->held.empty());
}

TEST(Holding, DamagedBytesAreRefused) {
  const std::string bytes = encode(example());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode(bytes.substr(0, size))) << size;
  }
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ 1 << bit);
      EXPECT_FALSE(decode(damaged)) << i;
    }
  }
  EXPECT_FALSE(decode(bytes + "x"));
  EXPECT_FALSE(decode(checked(bytes + "x"))) << "more than there should be";
  EXPECT_FALSE(decode(encode(std::vector<StoredStep>())));
}

// What somebody has made on purpose: it may be taken or not, but does no harm.
TEST(Holding, BytesThatLieAreReadSafely) {
  std::mt19937_64 random(5);
  int taken = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string bytes = encode(example());
    for (uint64_t changes = 1 + random() % 4; changes > 0; --changes) {
      bytes[2 + random() % (bytes.size() - 10)] =
          static_cast<char>(random() % 2 == 0 ? random() : 0xff);
    }
    const Result<Holding> holding = decode(checked(std::move(bytes)));
    if (!holding) continue;
    ++taken;
    for (const HeldPart& part : holding->held) ASSERT_LT(part.part, holding->parts);
    // The order that agree() relies on.
    for (const HeldPart& part : holding->held) {
      for (size_t i = 1; i < part.epochs.size(); ++i) {
        ASSERT_LT(part.epochs[i - 1].epoch, part.epochs[i].epoch);
      }
    }
    static_cast<void>(agree({*holding, *holding}));
  }
  EXPECT_GT(taken, 1000);
}

TEST(Holding, StepsOfAllProcessesAddUp) {
  StoredStep counts;
  counts.id = "counts";
  counts.kind = StepKind::kKeyed;
  counts.component = "core.count";
  counts.state_version = 2;
  counts.rows = 10;
  counts.bytes = 100;
  counts.newest_version = 1;
  StoredStep more = counts;
  more.rows = 5;
  more.newest_version = 2;
  StoredStep lines;
  lines.id = "a";
  lines.kind = StepKind::kSource;
  const auto all =
      combine({encode({counts}), encode(std::vector<StoredStep>()), encode({more, lines})});
  ASSERT_TRUE(all) << all.failure().message;
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[0].id, "a");
  EXPECT_EQ((*all)[1].component, "core.count");
  EXPECT_EQ((*all)[1].kind, StepKind::kKeyed);
  EXPECT_EQ((*all)[1].rows, 15u);
  EXPECT_EQ((*all)[1].bytes, 200u);
  EXPECT_EQ((*all)[1].newest_version, 2u);
  std::string damaged = encode({counts});
  damaged[5] = static_cast<char>(damaged[5] ^ 1);
  EXPECT_FALSE(combine({damaged}));
}

}  // namespace
}  // namespace streamhost::recovery::testing
