#include "winning_bids.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#include "common/json_text.h"

namespace streamhost::nexmark {
namespace {

// Written as they lie in memory; the bundled plugins are for little-endian machines.
static_assert(std::endian::native == std::endian::little);

template <class T>
void append(std::string& to, T value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  to.append(bytes, sizeof value);
}
void append_text(std::string& to, std::string_view text) {
  append(to, static_cast<uint32_t>(text.size()));
  to += text;
}
void append_bid(std::string& to, const Bid& bid) {
  append(to, bid.time_us);
  append(to, bid.price);
  append_text(to, bid.json);
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  template <class T>
  T number() {
    T value;
    const std::string_view bytes = take(sizeof value);
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  bool flag() {
    const auto value = number<uint8_t>();
    if (value > 1) refuse();
    return value == 1;
  }
  std::string text() { return std::string(take(number<uint32_t>())); }
  Bid bid() {
    Bid bid;
    bid.time_us = number<int64_t>();
    bid.price = number<double>();
    bid.json = text();
    return bid;
  }
  void end() const {
    if (!rest_.empty()) refuse();
  }
  [[noreturn]] static void refuse() {
    throw state_error(
        "the saved state of an auction cannot be read: its bytes are not what "
        "nexmark.winning_bids writes");
  }

 private:
  std::string_view take(size_t size) {
    if (rest_.size() < size) refuse();
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }
  std::string_view rest_;
};

// A time that a timer can be set to, past every record of `time_us`.
int64_t just_after(int64_t time_us) { return time_us < INT64_MAX ? time_us + 1 : time_us; }

int64_t time_of(const sh_record& record) {
  if (record.event_time_us == SH_NO_TIME) {
    throw bad_data("the record has no event time: take it from the value with json.extract");
  }
  return record.event_time_us;
}

void consider(Auction& auction, int64_t time, double price, std::string_view json) {
  if (time < auction.opens_us || time > auction.expires_us) return;
  if (auction.has_bid && !auction.best.loses_to(time, price, json)) return;
  auction.has_bid = true;
  auction.best.time_us = time;
  auction.best.price = price;
  auction.best.json = json;
}

}  // namespace

WinningBids::WinningBids(const Context& ctx, const Config& config)
    : ctx_(ctx), expires_({config.str("expires")}), price_({config.str("price")}), format_("auto") {
  if (!ctx.has_event_time()) {
    throw config_error(
        "the step needs event time, to know when an auction has expired: say `watermark = { wait = "
        "\"5s\" }` at the sources it reads, or at the step that sets their event times");
  }
}

void WinningBids::process(const Batch& in, States<State> states, Out& out) {
  const sh_record* const records = in.raw().records;
  const int64_t watermark = ctx_.watermark_us();
  const auto failed = [&](uint32_t i, std::string_view problem) {
    ctx_.reject(records[i], "the value " + std::string(problem));
  };
  const auto each = [&](uint32_t i, auto&& add) {
    if (records[i].event_time_us != SH_NO_TIME && records[i].event_time_us < watermark) {
      out.port(kLate);
      out.push(records[i]);
      return;
    }
    try {
      add();
    } catch (const Error& e) {
      if (e.status() != SH_E_DATA) throw;
      out.flush();
      ctx_.reject(records[i], e.what());
    }
  };
  if (in.port() == kAuctions) {
    expires_.read(
        in,
        [&](uint32_t i, const json::Field* fields) {
          each(i, [&] { add_auction(records[i], fields[0], states[i]); });
        },
        failed);
  } else {
    price_.read(
        in,
        [&](uint32_t i, const json::Field* fields) {
          each(i, [&] { add_bid(records[i], fields[0], states[i]); });
        },
        failed);
  }
  out.port(kOut);
  // A key of which all records were late or bad has nothing that would end it.
  for (uint32_t i = 0; i < in.size(); ++i) {
    if (!states[i].open && states[i].early.empty()) ctx_.discard(states[i]);
  }
}

void WinningBids::add_auction(const sh_record& record, const json::Field& expires, State& state) {
  const int64_t opens = time_of(record);
  std::optional<int64_t> end;
  if (expires.kind == json::Kind::kString || expires.kind == json::Kind::kNumber) {
    end = format_.parse(expires.text, expires.kind == json::Kind::kString);
  }
  if (!end) {
    throw bad_data("the auction does not say when it expires: " + format_.describe() +
                   " is needed where the option `expires` points");
  }
  if (*end < opens) throw bad_data("the auction expires before it opens");
  if (state.open) throw bad_data("an auction with this key is open already");
  state.open = true;
  state.opens_us = opens;
  state.expires_us = *end;
  state.json = plugin_common::json_trimmed(Record(record).value());
  for (const Bid& bid : state.early) consider(state, bid.time_us, bid.price, bid.json);
  std::vector<Bid>().swap(state.early);
  ctx_.timer_set(state, SH_CLOCK_EVENT, just_after(*end));
}

void WinningBids::add_bid(const sh_record& record, const json::Field& price, State& state) {
  const int64_t time = time_of(record);
  double offered = 0;
  const char* const end = price.text.data() + price.text.size();
  if (price.kind != json::Kind::kNumber ||
      std::from_chars(price.text.data(), end, offered).ec != std::errc()) {
    throw bad_data("the bid has no number where the option `price` points");
  }
  const std::string_view json = plugin_common::json_trimmed(Record(record).value());
  if (state.open) {
    consider(state, time, offered, json);
    return;
  }
  // Its auction has expired, or its record is still to come; then it has a time that is not before
  // the watermark, so bids before that will not be asked for.
  if (state.early.empty()) ctx_.timer_set(state, SH_CLOCK_EVENT, just_after(time));
  state.early.push_back({time, offered, std::string(json)});
}

void WinningBids::on_timer(std::string_view key, State& state, int64_t, uint64_t, Out& out) {
  if (state.open) {
    put(key, state, out);
    ctx_.discard(state);
    return;
  }
  const int64_t watermark = ctx_.watermark_us();
  std::erase_if(state.early, [&](const Bid& bid) { return bid.time_us < watermark; });
  if (state.early.empty()) {
    ctx_.discard(state);
    return;
  }
  // When the last one is of no use any more: looking for each of them would cost more than the
  // memory is worth.
  int64_t last = INT64_MIN;
  for (const Bid& bid : state.early) last = std::max(last, bid.time_us);
  ctx_.timer_set(state, SH_CLOCK_EVENT, just_after(last));
}

void WinningBids::on_end(std::string_view key, State& state, Out& out) {
  if (state.open) put(key, state, out);
}

void WinningBids::put(std::string_view key, const State& state, Out& out) {
  if (!state.has_bid) return;
  text_ = "{\"auction\":";
  plugin_common::append_json_or_string(text_, state.json);
  text_ += ",\"bid\":";
  plugin_common::append_json_or_string(text_, state.best.json);
  text_ += '}';
  out.emit_at(state.expires_us, key, text_);
}

void WinningBids::save(const State& state, Writer& to) {
  text_.clear();
  append(text_, static_cast<uint8_t>(state.open));
  append(text_, static_cast<uint8_t>(state.has_bid));
  append(text_, state.opens_us);
  append(text_, state.expires_us);
  append_text(text_, state.json);
  append(text_, static_cast<uint32_t>(state.early.size() + (state.has_bid ? 1 : 0)));
  if (state.has_bid) append_bid(text_, state.best);
  for (const Bid& bid : state.early) append_bid(text_, bid);
  to.write(text_);
}

Auction WinningBids::restore(std::string_view saved, uint32_t) {
  Reader from(saved);
  State state;
  state.open = from.flag();
  state.has_bid = from.flag();
  state.opens_us = from.number<int64_t>();
  state.expires_us = from.number<int64_t>();
  state.json = from.text();
  auto count = from.number<uint32_t>();
  if (state.has_bid) {
    if (count == 0 || !state.open) Reader::refuse();
    state.best = from.bid();
    --count;
  }
  if (count != 0 && state.open) Reader::refuse();
  for (; count > 0; --count) state.early.push_back(from.bid());
  from.end();
  return state;
}

Component winning_bids() {
  return keyed<WinningBids>("winning_bids")
      .summary("For each auction the bid that won it, once it has expired")
      .inputs({{"auctions", "auctions, keyed by their id; their event time is when they open"},
               {"bids", "bids, keyed by the auction they are for"}})
      .outputs({{"out", "{\"auction\":…,\"bid\":…} for each auction that had a bid"},
                {"late", "records before the watermark, as they came"}})
      .options(
          {option("expires", Type::string,
                  "JSON Pointer to the time an auction expires: RFC 3339 text, or a number of "
                  "seconds, milliseconds or microseconds")
               .otherwise("/expires"),
           option("price", Type::string, "JSON Pointer to what a bid offers").otherwise("/price")});
}

}  // namespace streamhost::nexmark
