// The events of an online auction site, after the generator of the Nexmark benchmark suite.
//
// Event n depends on the seed and n alone. Of 50 events in a row the first is a new person, the
// next three are new auctions, the other 46 are bids. Half of the bids go to a hot auction, three
// quarters come from a hot bidder, and three quarters of the auctions from a hot seller; the rest
// is spread over the latest auctions and the active people, and a little beyond them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "random.h"
#include "text_writer.h"
#include "time_text.h"

namespace streamhost::demo {

class NexmarkEvents {
 public:
  enum class Type { kPerson, kAuction, kBid };
  static constexpr uint64_t kBlock = 50;    // events in which the proportions hold
  static constexpr size_t kMaxSize = 2048;  // bytes of an event

  struct Event {
    Type type;
    int64_t time_us;
    uint64_t key;  // of the person or the auction; a bid's is its auction
    size_t size;   // bytes written
  };

  // `interval_us`: event time from one event to the next.
  NexmarkEvents(uint64_t seed, int64_t start_us, int64_t interval_us)
      : seed_(seed), start_us_(start_us), interval_us_(interval_us) {}

  // Writes event `n` as JSON to `to`, which has room for kMaxSize bytes.
  Event write(uint64_t n, char* to);

  static Type type_of(uint64_t n) {
    const uint64_t place = n % kBlock;
    return place == 0 ? Type::kPerson : place < 4 ? Type::kAuction : Type::kBid;
  }

 private:
  void write_person(uint64_t n, Random& random, Event& event, TextWriter& to);
  void write_auction(uint64_t n, Random& random, Event& event, TextWriter& to);
  void write_bid(uint64_t n, Random& random, Event& event, TextWriter& to);
  void write_channel(Random& random, TextWriter& to);
  void write_time(int64_t time_us, TextWriter& to);

  uint64_t seed_;
  int64_t start_us_, interval_us_;
  TimeText time_;
};

}  // namespace streamhost::demo
