// The events of nexmark.events as a program would hold them, read from its JSON lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace streamhost::nexmark_test {

struct Person {
  int64_t id;
  std::string name, city, state;
  int64_t time_us;
};

struct Auction {
  int64_t id, seller, category;
  int64_t time_us, expires_us;
  std::string line;
};

struct Bid {
  int64_t auction, bidder, price;
  int64_t time_us;
  std::string line;
};

struct Site {
  std::vector<Person> persons;
  std::vector<Auction> auctions;
  std::vector<Bid> bids;
};

// Throws std::runtime_error for a line that is no event.
Site read_site(std::string_view lines);

// The text or number behind the first `"name":` of a flat JSON object without escapes; empty when
// there is none.
std::string_view field(std::string_view json, const std::string& name);
int64_t integer(std::string_view json, const std::string& name);
// "2015-07-15T00:00:00Z", with or without a fraction, as microseconds since the Unix epoch.
int64_t time_us(std::string_view text);

}  // namespace streamhost::nexmark_test
