#include "nexmark_events.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace streamhost::demo {
namespace {

// The figures of the benchmark suite.
constexpr uint64_t kFirstPerson = 1000, kFirstAuction = 1000;
constexpr uint32_t kFirstCategory = 10, kCategories = 5;
constexpr uint64_t kActivePeople = 1000, kAuctionsInFlight = 100;
constexpr uint64_t kPersonLead = 10, kAuctionLead = 10;                 // ids that do not exist yet
constexpr uint32_t kHotSellers = 4, kHotAuctions = 2, kHotBidders = 4;  // all but one in so many
constexpr uint64_t kHotEvery = 100;                                     // ids
constexpr uint64_t kAuctionsInBlock = 3;
constexpr uint32_t kChannels = 10'000;
constexpr int kPersonSize = 200, kAuctionSize = 500, kBidSize = 100;

constexpr std::array<std::string_view, 11> kFirstNames{
    "Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"};
constexpr std::array<std::string_view, 9> kLastNames{
    "Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"};
constexpr std::array<std::string_view, 6> kStates{"AZ", "CA", "ID", "OR", "WA", "WY"};
constexpr std::array<std::string_view, 10> kCities{
    "Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland",
    "Bend",    "Redmond",     "Seattle",       "Kent",  "Cheyenne"};
constexpr std::array<std::string_view, 4> kHotChannels{"Google", "Facebook", "Baidu", "Apple"};

template <size_t N>
std::string_view pick(const std::array<std::string_view, N>& words, Random& random) {
  return words[random.below(N)];
}

// Random bytes to letters; about every 13th becomes a zero, which stands for the special character.
constexpr std::array<char, 256> kLetters = [] {
  std::array<char, 256> table{};
  for (unsigned b = 20; b < 256; ++b) table[b] = static_cast<char>('a' + b % 26);
  return table;
}();

// `size` letters, some of them `special`.
void write_letters(size_t size, char special, Random& random, TextWriter& to) {
  for (size_t i = 0; i < size;) {
    uint64_t bits = random.bits();
    for (int k = 0; k < 8 && i < size; ++k, ++i, bits >>= 8) {
      const char c = kLetters[bits & 255];
      to << (c == 0 ? special : c);
    }
  }
}

// Between 3 and `max` - 1 letters.
void write_text(uint32_t max, char special, Random& random, TextWriter& to) {
  write_letters(3 + random.below(max - 3), special, random, to);
}

// Letters that bring the event to about `wanted` bytes, by the benchmark's way of counting.
void write_extra(int size, int wanted, Random& random, TextWriter& to) {
  to << ",\"extra\":\"";
  if (size < wanted) {
    const int rest = wanted - size;
    const int delta = (rest + 2) / 5;
    const auto spread = static_cast<uint32_t>(2 * delta);
    const auto more = spread == 0 ? 0 : static_cast<int>(random.below(spread));
    write_letters(static_cast<size_t>(rest - delta + more), 'x', random, to);
  }
  to << "\"}";
}

uint64_t price(Random& random) {
  return static_cast<uint64_t>(std::llround(std::pow(10.0, random.fraction() * 6) * 100));
}

// The last person, and the last auction, that came up to event n; counted from 0. There must have
// been one.
uint64_t last_person(uint64_t n) { return n / NexmarkEvents::kBlock; }
uint64_t last_auction(uint64_t n) {
  const uint64_t place = n % NexmarkEvents::kBlock;
  const uint64_t before = n / NexmarkEvents::kBlock * kAuctionsInBlock;
  return before + std::min<uint64_t>(place, kAuctionsInBlock) - 1;
}

uint64_t some_person(uint64_t n, Random& random) {
  const uint64_t people = last_person(n) + 1;
  const uint64_t active = std::min(people, kActivePeople);
  return people - active + random.below(static_cast<uint32_t>(active + kPersonLead));
}
uint64_t some_auction(uint64_t n, Random& random) {
  const uint64_t last = last_auction(n);
  const uint64_t first = last > kAuctionsInFlight ? last - kAuctionsInFlight : 0;
  return first + random.below(static_cast<uint32_t>(last - first + 1 + kAuctionLead));
}

void write_url(Random& random, TextWriter& to) {
  to << "https://www.nexmark.com/";
  for (int i = 0; i < 3; ++i) {
    write_text(5, '_', random, to);
    to << '/';
  }
  to << "item.htm?query=1";
}

uint32_t reversed(uint32_t bits) {
  uint32_t result = 0;
  for (int i = 0; i < 32; ++i, bits >>= 1) result = result << 1 | (bits & 1);
  return result;
}

}  // namespace

void NexmarkEvents::write_time(int64_t time_us, TextWriter& to) {
  to << '"';
  to.move_to(time_.write(time_us, true, to.at()));
  to << '"';
}

NexmarkEvents::Event NexmarkEvents::write(uint64_t n, char* to) {
  Random random(seed_, n);
  Event event{type_of(n), start_us_ + static_cast<int64_t>(n) * interval_us_, 0, 0};
  TextWriter writer(to);
  switch (event.type) {
    case Type::kPerson: write_person(n, random, event, writer); break;
    case Type::kAuction: write_auction(n, random, event, writer); break;
    case Type::kBid: write_bid(n, random, event, writer); break;
  }
  event.size = static_cast<size_t>(writer.at() - to);
  return event;
}

void NexmarkEvents::write_person(uint64_t n, Random& random, Event& event, TextWriter& to) {
  event.key = kFirstPerson + last_person(n);
  to << "{\"type\":\"person\",\"id\":" << event.key << ",\"name\":\"";
  const char* const begin = to.at();
  to << pick(kFirstNames, random) << ' ' << pick(kLastNames, random) << "\",\"email_address\":\"";
  write_text(7, 'q', random, to);
  to << '@';
  write_text(5, 'q', random, to);
  to << ".com\",\"credit_card\":\"";
  for (int i = 0; i < 4; ++i) {
    if (i != 0) to << ' ';
    const uint32_t four = random.below(10'000);
    to << static_cast<char>('0' + four / 1000) << static_cast<char>('0' + four / 100 % 10)
       << static_cast<char>('0' + four / 10 % 10) << static_cast<char>('0' + four % 10);
  }
  to << "\",\"city\":\"" << pick(kCities, random) << "\",\"state\":\"" << pick(kStates, random)
     << '"';
  constexpr int kNames = 55;  // what is JSON's of the bytes since `begin`
  const int size = 8 + std::max(0, static_cast<int>(to.at() - begin) - kNames);
  to << ",\"date_time\":";
  write_time(event.time_us, to);
  write_extra(size, kPersonSize, random, to);
}

void NexmarkEvents::write_auction(uint64_t n, Random& random, Event& event, TextWriter& to) {
  event.key = kFirstAuction + last_auction(n);
  const uint64_t seller = random.below(kHotSellers) > 0 ? last_person(n) / kHotEvery * kHotEvery
                                                        : some_person(n, random);
  to << "{\"type\":\"auction\",\"id\":" << event.key << ",\"item_name\":\"";
  const char* const name = to.at();
  write_text(20, ' ', random, to);
  to << "\",\"description\":\"";
  write_text(100, ' ', random, to);
  const int size = static_cast<int>(to.at() - name) - 17 + 48;
  const uint64_t initial = price(random);
  to << "\",\"initial_bid\":" << initial << ",\"reserve\":" << initial + price(random)
     << ",\"date_time\":";
  write_time(event.time_us, to);
  // Open for as long as it takes until so many other auctions have come, on average.
  const auto horizon_ms =
      static_cast<uint64_t>(interval_us_) * kAuctionsInFlight * kBlock / kAuctionsInBlock / 1000;
  const uint64_t most_ms = std::clamp<uint64_t>(horizon_ms * 2, 1, UINT32_MAX);
  const uint64_t open_ms = 1 + random.below(static_cast<uint32_t>(most_ms));
  to << ",\"expires\":";
  write_time(event.time_us + static_cast<int64_t>(open_ms) * 1000, to);
  to << ",\"seller\":" << kFirstPerson + seller
     << ",\"category\":" << kFirstCategory + random.below(kCategories);
  write_extra(size, kAuctionSize, random, to);
}

void NexmarkEvents::write_bid(uint64_t n, Random& random, Event& event, TextWriter& to) {
  const uint64_t auction = random.below(kHotAuctions) > 0 ? last_auction(n) / kHotEvery * kHotEvery
                                                          : some_auction(n, random);
  const uint64_t bidder = random.below(kHotBidders) > 0 ? last_person(n) / kHotEvery * kHotEvery + 1
                                                        : some_person(n, random);
  event.key = kFirstAuction + auction;
  to << "{\"type\":\"bid\",\"auction\":" << event.key << ",\"bidder\":" << kFirstPerson + bidder
     << ",\"price\":" << price(random);
  write_channel(random, to);
  to << ",\"date_time\":";
  write_time(event.time_us, to);
  write_extra(32, kBidSize, random, to);
}

// Half of the bids come by one of four channels, the others by one of ten thousand. A channel has
// one URL.
void NexmarkEvents::write_channel(Random& random, TextWriter& to) {
  to << ",\"channel\":\"";
  if (random.below(2) > 0) {
    const uint32_t hot = random.below(kHotChannels.size());
    to << kHotChannels[hot] << "\",\"url\":\"";
    Random of_channel(seed_, ~uint64_t{hot});
    write_url(of_channel, to);
  } else {
    const uint32_t number = random.below(kChannels);
    to << "channel-" << number << "\",\"url\":\"";
    Random of_channel(seed_, ~uint64_t{number + kHotChannels.size()});
    write_url(of_channel, to);
    if (of_channel.below(10) > 0) to << "&channel_id=" << (reversed(number) & INT32_MAX);
  }
  to << '"';
}

}  // namespace streamhost::demo
