#include "cluster/frame.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "cluster/crc32c.h"
#include "cluster/packing.h"

namespace streamhost::cluster {
namespace {

using Compression = ClusterSettings::Compression;

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
std::string_view text_of(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
std::span<const uint8_t, kHeaderSize> header_of(std::span<const uint8_t> frame) {
  return frame.first<kHeaderSize>();
}

// What comes out at the other end, as it is on the wire.
Result<Received> receive(std::span<const uint8_t> wire, uint32_t max_body = kMaxBody) {
  const Result<FrameHeader> header = read_header(header_of(wire), max_body);
  if (!header) return header.status();
  Received received;
  received.header = *header;
  received.body = wire.subspan(kHeaderSize);
  if (!checks(received.header, received.body)) return Status::failed("checksum");
  return received;
}

Frame packed(ArenaPool& pool, FrameType type, std::string_view body, Compression with) {
  ArenaRef chunk = frame_chunk(pool, static_cast<uint32_t>(body.size()));
  std::copy(body.begin(), body.end(), body_of(chunk.get()));
  return finish(pool, std::move(chunk), type, 7, static_cast<uint32_t>(body.size()), with);
}

std::string noise(size_t size) {
  std::mt19937_64 random(1);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

std::string lines(size_t size) {
  std::string text;
  for (int i = 0; text.size() < size; ++i) text += "line " + std::to_string(i * 7919) + "\n";
  return text;
}

TEST(Crc32c, HasTheValueThatEverybodyHas) {
  EXPECT_EQ(crc32c(0, bytes_of("123456789")), 0xE3069283u);
  EXPECT_EQ(crc32c(crc32c(0, bytes_of("1234")), bytes_of("56789")), 0xE3069283u);
  EXPECT_EQ(crc32c(0, {}), 0u);
}

TEST(Frame, IsLaidOutAsWritten) {
  ArenaPool pool;
  const Frame frame = make_frame(pool, FrameType::kEpoch, 0x01020304, "body");
  ASSERT_EQ(frame.size, kHeaderSize + 4);
  const std::string_view wire = text_of(frame.bytes());
  EXPECT_EQ(wire.substr(0, 4), std::string_view("\4\0\0\0", 4));
  EXPECT_EQ(wire.substr(8, 8), std::string_view("\x22\0\0\0\4\3\2\1", 8));
  EXPECT_EQ(wire.substr(16), "body");
  const std::string covered = std::string(wire.substr(0, 4)) + std::string(wire.substr(8));
  const uint32_t crc = crc32c(0, bytes_of(covered));
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(static_cast<uint8_t>(wire[4 + i]), static_cast<uint8_t>(crc >> (8 * i)));
  }
}

TEST(Frame, ComesBackAsItWasSent) {
  ArenaPool pool;
  for (const std::string& body : {std::string(), std::string("x"), noise(100'000)}) {
    const Frame frame = make_frame(pool, FrameType::kBlock, 3, body);
    const Result<Received> received = receive(frame.bytes());
    ASSERT_TRUE(received) << received.status().message();
    EXPECT_EQ(received->header.type, FrameType::kBlock);
    EXPECT_EQ(received->header.tag, 3u);
    EXPECT_EQ(received->header.flags, 0);
    EXPECT_EQ(text_of(received->body), body);
  }
}

TEST(Frame, IsTheSameAsText) {
  ArenaPool pool;
  for (const std::string& body : {std::string(), noise(1000)}) {
    EXPECT_EQ(frame_text(FrameType::kHello, 5, body),
              text_of(make_frame(pool, FrameType::kHello, 5, body).bytes()));
  }
}

TEST(Frame, EveryChangedBitIsNoticed) {
  ArenaPool pool;
  const Frame frame = make_frame(pool, FrameType::kBlock, 3, "some records");
  for (size_t bit = 0; bit < frame.size * 8; ++bit) {
    std::string wire(text_of(frame.bytes()));
    wire[bit / 8] = static_cast<char>(wire[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(receive(bytes_of(wire))) << "bit " << bit;
  }
}

TEST(Frame, ABodyOfAnotherSizeIsNoticed) {
  ArenaPool pool;
  const Frame frame = make_frame(pool, FrameType::kBlock, 3, "some records");
  EXPECT_FALSE(receive(frame.bytes().first(frame.size - 1)));
  EXPECT_FALSE(receive(frame.bytes().first(kHeaderSize)));
}

TEST(Frame, AHeaderThatClaimsTooMuchIsRefused) {
  ArenaPool pool;
  const Frame frame = make_frame(pool, FrameType::kGreeting, 0, std::string(101, 'x'));
  EXPECT_TRUE(read_header(header_of(frame.bytes()), 101));
  const Result<FrameHeader> header = read_header(header_of(frame.bytes()), 100);
  ASSERT_FALSE(header);
  EXPECT_EQ(header.status().code(), Code::kFailed);
  EXPECT_EQ(header.status().message(),
            "what has come is not a frame: it claims 101 bytes, and 100 are the most");
}

TEST(Frame, OnlyKnownTypesAreTaken) {
  ArenaPool pool;
  int known = 0;
  for (int type = 0; type < 256; ++type) {
    const Frame frame = make_frame(pool, static_cast<FrameType>(type), 0, "");
    known += read_header(header_of(frame.bytes()), 0).is_ok() ? 1 : 0;
  }
  EXPECT_EQ(known, 16);
}

TEST(Frame, FlagsAreTakenOnlyWhereTheyBelong) {
  ArenaPool pool;
  const auto taken = [&](FrameType type, size_t at, char flags) {
    std::string wire(text_of(make_frame(pool, type, 0, "").bytes()));
    wire[at] = flags;
    return read_header(header_of(bytes_of(wire)), 0).is_ok();
  };
  EXPECT_TRUE(taken(FrameType::kBlock, 9, frame_flags::kLz4));
  EXPECT_TRUE(taken(FrameType::kBlock, 9, frame_flags::kZstd));
  EXPECT_FALSE(taken(FrameType::kBlock, 9, frame_flags::kLz4 | frame_flags::kZstd));
  EXPECT_FALSE(taken(FrameType::kBlock, 9, 4));
  EXPECT_FALSE(taken(FrameType::kBlock, 10, 1));
  EXPECT_FALSE(taken(FrameType::kBlock, 11, 1));
  // Strangers do not get at what unpacks.
  EXPECT_FALSE(taken(FrameType::kGreeting, 9, frame_flags::kLz4));
  EXPECT_FALSE(taken(FrameType::kGather, 9, frame_flags::kZstd));
}

class FramePacked : public testing::TestWithParam<Compression> {};

TEST_P(FramePacked, UnpacksToWhatItWas) {
  ArenaPool pool;
  for (const size_t size : {256, 1000, 300'000}) {
    const std::string body = lines(size);
    const Frame frame = packed(pool, FrameType::kBlock, body, GetParam());
    EXPECT_LE(frame.size - kHeaderSize, body.size() - body.size() / 8);
    Result<Received> received = receive(frame.bytes());
    ASSERT_TRUE(received) << received.status().message();
    EXPECT_NE(received->header.flags, 0);
    const Status status = unpack(*received, pool);
    ASSERT_TRUE(status) << status.message();
    EXPECT_EQ(text_of(received->body), body);
    EXPECT_EQ(received->header.flags, 0);
    EXPECT_EQ(received->body.data(), ArenaPool::bytes(received->arena.get()));
  }
}

TEST_P(FramePacked, StaysAsItIsWhenThatDoesNotPay) {
  ArenaPool pool;
  const std::string little(255, 'a');
  for (const std::string& body : {std::string(), little, noise(100'000)}) {
    const Frame frame = packed(pool, FrameType::kBlock, body, GetParam());
    Result<Received> received = receive(frame.bytes());
    ASSERT_TRUE(received) << received.status().message();
    EXPECT_EQ(received->header.flags, 0);
    ASSERT_TRUE(unpack(*received, pool));
    EXPECT_EQ(text_of(received->body), body);
    EXPECT_FALSE(received->arena);
  }
}

TEST_P(FramePacked, IsOnlyWhatBelongsToTheJob) {
  ArenaPool pool;
  const Frame frame = packed(pool, FrameType::kGather, lines(10'000), GetParam());
  const Result<Received> received = receive(frame.bytes());
  ASSERT_TRUE(received);
  EXPECT_EQ(received->header.flags, 0);
}

TEST_P(FramePacked, ThatIsCutOffIsRefused) {
  ArenaPool pool;
  const Frame frame = packed(pool, FrameType::kBlock, lines(2000), GetParam());
  for (size_t size = kHeaderSize; size < frame.size; ++size) {
    Received received;
    received.header = *read_header(header_of(frame.bytes()), kMaxBody);
    received.body = frame.bytes().subspan(kHeaderSize, size - kHeaderSize);
    const Status status = unpack(received, pool);
    ASSERT_FALSE(status) << size;
    EXPECT_EQ(status.code(), Code::kFailed);
  }
}

TEST_P(FramePacked, ThatClaimsAnotherSizeIsRefused) {
  ArenaPool pool;
  const std::string body = lines(2000);
  const Frame frame = packed(pool, FrameType::kBlock, body, GetParam());
  const auto size = static_cast<uint32_t>(body.size());
  for (const uint32_t claim :
       {uint32_t{0}, size - 1, size + 1, kMaxBody, kMaxBody + 1, ~uint32_t{0}}) {
    std::string wire(text_of(frame.bytes()));
    for (size_t i = 0; i < 4; ++i) wire[kHeaderSize + i] = static_cast<char>(claim >> (8 * i));
    Received received;
    received.header = *read_header(header_of(bytes_of(wire)), kMaxBody);
    received.body = bytes_of(wire).subspan(kHeaderSize);
    EXPECT_FALSE(unpack(received, pool)) << claim;
  }
}

TEST_P(FramePacked, OnlyHasMemoryForWhatItsBytesCanStandFor) {
  ArenaPool pool;
  const Frame frame = packed(pool, FrameType::kBlock, std::string(100'000, 'a'), GetParam());
  const std::span<const uint8_t> bytes = frame.bytes().subspan(kHeaderSize + 4);
  ASSERT_LT(bytes.size(), 1000u);
  EXPECT_TRUE(can_unpack(GetParam(), bytes, 100'000));
  EXPECT_FALSE(can_unpack(GetParam(), bytes, kMaxBody));
}

INSTANTIATE_TEST_SUITE_P(All, FramePacked, testing::Values(Compression::kLz4, Compression::kZstd),
                         [](const auto& each) {
                           return each.param == Compression::kLz4 ? "Lz4" : "Zstd";
                         });

}  // namespace
}  // namespace streamhost::cluster
