#include "nexmark_events.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace streamhost::demo {
namespace {

constexpr int64_t kStart = 1'436'918'400'000'000;  // 2015-07-15T00:00:00Z

std::string text(NexmarkEvents& events, uint64_t n) {
  char to[NexmarkEvents::kMaxSize];
  const auto event = events.write(n, to);
  return {to, event.size};
}

// The number or text behind "name":.
std::string field(const std::string& event, const std::string& name) {
  const size_t at = event.find("\"" + name + "\":");
  if (at == std::string::npos) return "none";
  size_t begin = at + name.size() + 3;
  if (event[begin] == '"') return event.substr(begin + 1, event.find('"', begin + 1) - begin - 1);
  return event.substr(begin, event.find_first_of(",}", begin) - begin);
}

TEST(NexmarkEvents, KeepTheProportionsInEveryBlock) {
  std::map<NexmarkEvents::Type, int> counts;
  for (uint64_t n = 500; n < 550; ++n) ++counts[NexmarkEvents::type_of(n)];
  EXPECT_EQ(counts[NexmarkEvents::Type::kPerson], 1);
  EXPECT_EQ(counts[NexmarkEvents::Type::kAuction], 3);
  EXPECT_EQ(counts[NexmarkEvents::Type::kBid], 46);
}

TEST(NexmarkEvents, DependOnSeedAndNumberAlone) {
  NexmarkEvents a(1, kStart, 100), b(1, kStart, 100), other(2, kStart, 100);
  for (uint64_t n = 0; n < 200; ++n) text(a, n);
  for (const uint64_t n : {0u, 1u, 4u, 199u, 123456u}) EXPECT_EQ(text(a, n), text(b, n)) << n;
  EXPECT_NE(text(a, 4), text(other, 4));
}

TEST(NexmarkEvents, HaveTheClassicFields) {
  NexmarkEvents events(1, kStart, 100);
  const std::string person = text(events, 0), auction = text(events, 1), bid = text(events, 4);
  EXPECT_TRUE(person.starts_with("{\"type\":\"person\",\"id\":1000,\"name\":\"")) << person;
  for (const char* name : {"email_address", "credit_card", "city", "state", "extra"}) {
    EXPECT_NE(field(person, name), "none") << name;
  }
  EXPECT_EQ(field(person, "date_time"), "2015-07-15T00:00:00.000000Z");
  EXPECT_TRUE(auction.starts_with("{\"type\":\"auction\",\"id\":1000,\"item_name\":\"")) << auction;
  for (const char* name :
       {"description", "initial_bid", "reserve", "expires", "seller", "category", "extra"}) {
    EXPECT_NE(field(auction, name), "none") << name;
  }
  EXPECT_EQ(field(auction, "date_time"), "2015-07-15T00:00:00.000100Z");
  EXPECT_TRUE(bid.starts_with("{\"type\":\"bid\",\"auction\":")) << bid;
  for (const char* name : {"bidder", "price", "channel", "url", "extra"}) {
    EXPECT_NE(field(bid, name), "none") << name;
  }
  EXPECT_EQ(field(bid, "date_time"), "2015-07-15T00:00:00.000400Z");
}

TEST(NexmarkEvents, NumberPersonsAndAuctionsWithoutGaps) {
  NexmarkEvents events(1, kStart, 100);
  uint64_t person = 1000, auction = 1000;
  char to[NexmarkEvents::kMaxSize];
  for (uint64_t n = 0; n < 5000; ++n) {
    const auto event = events.write(n, to);
    if (event.type == NexmarkEvents::Type::kPerson) {
      EXPECT_EQ(event.key, person++);
    } else if (event.type == NexmarkEvents::Type::kAuction) {
      EXPECT_EQ(event.key, auction++);
    }
    EXPECT_EQ(event.time_us, kStart + static_cast<int64_t>(n) * 100);
    EXPECT_LT(event.size, NexmarkEvents::kMaxSize / 2);
  }
}

TEST(NexmarkEvents, PreferHotAuctionsBiddersSellersAndChannels) {
  NexmarkEvents events(7, kStart, 100);
  int bids = 0, hot_auction = 0, hot_bidder = 0, hot_channel = 0, auctions = 0, hot_seller = 0;
  for (uint64_t n = 100'000; n < 120'000; ++n) {
    const std::string event = text(events, n);
    if (NexmarkEvents::type_of(n) == NexmarkEvents::Type::kBid) {
      ++bids;
      hot_auction += std::stol(field(event, "auction")) % 100 == 0 ? 1 : 0;
      hot_bidder += std::stol(field(event, "bidder")) % 100 == 1 ? 1 : 0;
      hot_channel += field(event, "channel").starts_with("channel-") ? 0 : 1;
    } else if (NexmarkEvents::type_of(n) == NexmarkEvents::Type::kAuction) {
      ++auctions;
      hot_seller += std::stol(field(event, "seller")) % 100 == 0 ? 1 : 0;
    }
  }
  EXPECT_NEAR(hot_auction, bids * 0.505, bids * 0.02);
  EXPECT_NEAR(hot_bidder, bids * 0.7525, bids * 0.02);
  EXPECT_NEAR(hot_channel, bids * 0.5, bids * 0.02);
  EXPECT_NEAR(hot_seller, auctions * 0.7525, auctions * 0.05);
}

}  // namespace
}  // namespace streamhost::demo
