#include "exchange/block_codec.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace streamhost {
namespace {

const uint8_t* bytes_of(const std::string& text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}
std::string text_of(const uint8_t* bytes, uint32_t length) {
  return {reinterpret_cast<const char*>(bytes), length};
}

// A block, the way it went over, and what arrived.
class BlockCodec : public ::testing::Test {
 protected:
  void add(const std::string& key, const std::string& value, int64_t time = SH_NO_TIME,
           uint64_t hash = 0) {
    sh_record r{};
    texts_.push_back(std::make_unique<std::string>(key));
    r.key = bytes_of(*texts_.back());
    r.key_len = static_cast<uint32_t>(key.size());
    texts_.push_back(std::make_unique<std::string>(value));
    r.value = bytes_of(*texts_.back());
    r.value_len = static_cast<uint32_t>(value.size());
    r.event_time_us = time;
    r.key_hash = hash;
    add(r);
  }
  void add(const sh_record& r) {
    block_.records.push_back(r);
    block_.count = static_cast<uint32_t>(block_.records.size());
  }
  std::vector<uint8_t> encode() {
    const BlockLayout layout = layout_of(block_);
    std::vector<uint8_t> bytes(layout.size);
    encode_block(block_, layout, {3, 5}, bytes.data());
    return bytes;
  }
  Status decode(const std::vector<uint8_t>& bytes, uint32_t most = 1024) {
    arrived_.clear();
    const ArenaRef chunk = ArenaRef::adopt(pool_.chunk(bytes.size()));
    uint8_t* copy = ArenaPool::bytes(chunk.get());
    std::copy(bytes.begin(), bytes.end(), copy);
    return decode_block({copy, bytes.size()}, chunk.get(), most, pool_, arrived_);
  }

  ArenaPool pool_;
  Block block_, arrived_;
  std::vector<std::unique_ptr<std::string>> texts_;
};

TEST_F(BlockCodec, ARecordArrivesAsItWas) {
  add("key", "value", 1'700'000'000'000'000, 42);
  add("", "", SH_NO_TIME, 43);
  block_.kind = BlockKind::kPartials;
  block_.port = 7;
  block_.watermark = 99;
  const auto bytes = encode();
  const auto route = read_route(bytes);
  ASSERT_TRUE(route);
  EXPECT_EQ(route->from, 3u);
  EXPECT_EQ(route->to, 5u);
  ASSERT_TRUE(decode(bytes)) << decode(bytes).message();
  EXPECT_EQ(arrived_.kind, BlockKind::kPartials);
  EXPECT_EQ(arrived_.port, 7u);
  EXPECT_EQ(arrived_.watermark, 99);
  ASSERT_EQ(arrived_.count, 2u);
  const sh_record& r = arrived_.records[0];
  EXPECT_EQ(text_of(r.key, r.key_len), "key");
  EXPECT_EQ(text_of(r.value, r.value_len), "value");
  EXPECT_EQ(r.event_time_us, 1'700'000'000'000'000);
  EXPECT_EQ(r.key_hash, 42u);
  EXPECT_EQ(arrived_.records[1].key_len, 0u);
  EXPECT_EQ(arrived_.records[1].event_time_us, SH_NO_TIME);
}

TEST_F(BlockCodec, RecordsThatLieBehindEachOtherArriveAsThoseThatDoNot) {
  const std::string text = "k1one-k2two";
  const auto record = [&](size_t key, size_t value) {
    sh_record r{};
    r.key = bytes_of(text) + key;
    r.key_len = 2;
    r.value = bytes_of(text) + value;
    r.value_len = 3;
    r.event_time_us = SH_NO_TIME;
    add(r);
  };
  record(0, 2);  // key and value together
  record(6, 8);  // a gap before it
  record(0, 8);  // behind it lies nothing of this one
  record(0, 2);
  block_.records[3].value_len = SH_ABSENT;
  record(2, 0);  // begins where the last one ended
  ASSERT_TRUE(decode(encode()));
  ASSERT_EQ(arrived_.count, 5u);
  EXPECT_EQ(text_of(arrived_.records[0].key, 2), "k1");
  EXPECT_EQ(text_of(arrived_.records[0].value, 3), "one");
  EXPECT_EQ(text_of(arrived_.records[1].key, 2), "k2");
  EXPECT_EQ(text_of(arrived_.records[1].value, 3), "two");
  EXPECT_EQ(text_of(arrived_.records[2].key, 2), "k1");
  EXPECT_EQ(text_of(arrived_.records[2].value, 3), "two");
  EXPECT_EQ(text_of(arrived_.records[3].key, 2), "k1");
  EXPECT_EQ(arrived_.records[3].value_len, SH_ABSENT);
  EXPECT_EQ(text_of(arrived_.records[4].key, 2), "on");
  EXPECT_EQ(text_of(arrived_.records[4].value, 3), "k1o");
}

TEST_F(BlockCodec, AbsentIsNotEmpty) {
  sh_record r{};
  r.key_len = SH_ABSENT;
  r.value_len = SH_ABSENT;
  r.event_time_us = SH_NO_TIME;
  add(r);
  add("k", "");
  ASSERT_TRUE(decode(encode()));
  EXPECT_EQ(arrived_.records[0].key_len, SH_ABSENT);
  EXPECT_EQ(arrived_.records[0].value_len, SH_ABSENT);
  EXPECT_EQ(arrived_.records[1].value_len, 0u);
}

TEST_F(BlockCodec, AValueThatIsTheKeyTravelsOnce) {
  const std::string word(1000, 'w');
  sh_record r{};
  r.key = r.value = bytes_of(word);
  r.key_len = r.value_len = 1000;
  r.event_time_us = SH_NO_TIME;
  add(r);
  const auto bytes = encode();
  EXPECT_LT(bytes.size(), 1100u);
  ASSERT_TRUE(decode(bytes));
  EXPECT_EQ(arrived_.records[0].key, arrived_.records[0].value);
  EXPECT_EQ(text_of(arrived_.records[0].value, 1000), word);
}

TEST_F(BlockCodec, HeadersArriveAndOutliveTheBlock) {
  const std::string name = "topic", value = "orders";
  const sh_header headers[2] = {{{bytes_of(name), name.size()}, {bytes_of(value), value.size()}},
                                {{bytes_of(name), name.size()}, {nullptr, 0}}};
  add("k1", "v1");
  add("k2", "v2");
  block_.records[1].headers = headers;
  block_.records[1].header_count = 2;
  ASSERT_TRUE(decode(encode()));
  const sh_record kept = arrived_.records[1];
  const ArenaRef group = make_group(arrived_.arenas.data(), arrived_.arenas.size());
  arrived_.clear();
  EXPECT_EQ(arrived_.records[0].header_count, 0u);
  ASSERT_EQ(kept.header_count, 2u);
  EXPECT_EQ(text_of(kept.headers[0].name.ptr, 5), "topic");
  EXPECT_EQ(text_of(kept.headers[0].value.ptr, 6), "orders");
  EXPECT_EQ(kept.headers[1].value.len, 0u);
}

TEST_F(BlockCodec, AMarkIsABlockWithoutRecords) {
  block_.kind = BlockKind::kBarrier;
  block_.epoch = 12;
  block_.drained = true;
  ASSERT_TRUE(decode(encode()));
  EXPECT_EQ(arrived_.kind, BlockKind::kBarrier);
  EXPECT_EQ(arrived_.epoch, 12u);
  EXPECT_TRUE(arrived_.drained);
  EXPECT_EQ(arrived_.count, 0u);
}

TEST_F(BlockCodec, WhatIsCutOffIsRefused) {
  const std::string name = "n";
  const sh_header header{{bytes_of(name), 1}, {bytes_of(name), 1}};
  add("key", "value", 5, 6);
  block_.records[0].headers = &header;
  block_.records[0].header_count = 1;
  const auto bytes = encode();
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode({bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size)})) << size;
  }
  auto longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(decode(longer));
}

TEST_F(BlockCodec, ClaimsBeyondWhatHasComeAreRefused) {
  add("key", "value");
  for (const size_t at :
       {12u, 16u, 17u, 20u, 40u, 44u}) {  // count, kind, columns, headers, lengths
    auto bytes = encode();
    std::memset(bytes.data() + at, 0xFE, at == 16 || at == 17 ? 1 : 4);
    EXPECT_FALSE(decode(bytes)) << at;
  }
}

TEST_F(BlockCodec, MoreRecordsThanABatchHasAreRefused) {
  for (int i = 0; i < 5; ++i) add("k", "v");
  EXPECT_TRUE(decode(encode(), 5));
  EXPECT_FALSE(decode(encode(), 4));
}

}  // namespace
}  // namespace streamhost
