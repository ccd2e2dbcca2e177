// nexmark.winning_bids: for each auction the bid that won it, once the auction has expired.
//
// A bid counts when its time is within the auction's, both ends included; the highest price wins,
// of equal prices the earliest, of these the one whose text is less. Keyed by auction; what an
// auction needs is gone when it has expired.
#pragma once

#include <streamhost/sdk.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "json/field_reader.h"
#include "json/time_format.h"

namespace streamhost::nexmark {

struct Bid {
  int64_t time_us = 0;
  double price = 0;
  std::string json;

  // Whether the bid (time, price, json) goes before this one.
  bool loses_to(int64_t time, double offered, std::string_view text) const {
    if (offered != price) return offered > price;
    return time != time_us ? time < time_us : text < json;
  }
};

// What is known of one auction.
struct Auction {
  bool open = false;  // its record has come
  bool has_bid = false;
  int64_t opens_us = 0, expires_us = 0;
  std::string json;
  Bid best;
  std::vector<Bid> early;  // bids that came before the auction's record
};

class WinningBids {
 public:
  using State = Auction;
  static constexpr uint32_t kAuctions = 0, kBids = 1;  // inputs
  static constexpr uint32_t kOut = 0, kLate = 1;       // outputs

  WinningBids(const Context& ctx, const Config& config);
  void process(const Batch& in, States<State> states, Out& out);
  void on_timer(std::string_view key, State& state, int64_t at_us, uint64_t tag, Out& out);
  void on_end(std::string_view key, State& state, Out& out);

  // Version 1, numbers little-endian: open u8, has_bid u8, opens i64, expires i64, json, count u32,
  // then `count` bids (the best, when there is one, and those that were early): time i64, price
  // f64, json. A json is its length u32 and its bytes.
  void save(const State& state, Writer& to);
  State restore(std::string_view saved, uint32_t version);

 private:
  void add_auction(const sh_record& record, const json::Field& expires, State& state);
  void add_bid(const sh_record& record, const json::Field& price, State& state);
  void put(std::string_view key, const State& state, Out& out);

  Context ctx_;
  json::FieldReader expires_, price_;
  json::TimeFormat format_;
  std::string text_;
};

Component winning_bids();

}  // namespace streamhost::nexmark
