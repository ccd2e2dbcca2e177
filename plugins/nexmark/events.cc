#include "events.h"

#include <algorithm>

#include "demo/position.h"

namespace streamhost::nexmark {
namespace {

constexpr uint64_t kBlock = NexmarkEvents::kBlock;
constexpr uint64_t kEndless = UINT64_MAX >> 1;
constexpr std::array<const char*, 3> kKinds{"person", "auction", "bid"};  // by NexmarkEvents::Type

Events::Kinds read_kinds(const std::vector<std::string>& names) {
  Events::Kinds kinds{};
  for (const std::string& name : names) {
    const auto found = std::find(kKinds.begin(), kKinds.end(), name);
    if (found == kKinds.end()) {
      throw config_error("no kind of event is called \"" + name +
                         "\": `kinds` lists some of \"person\", \"auction\", \"bid\"");
    }
    kinds[static_cast<size_t>(found - kKinds.begin())] = true;
  }
  if (names.empty()) throw config_error("`kinds` is empty: name at least one kind of event");
  return kinds;
}

}  // namespace

int64_t Generator::earlier_us(uint64_t n) const {
  demo::Random random(demo::mix(seed_), n);  // not the numbers that the event is made of
  return random.below(static_cast<uint32_t>(out_of_order_us_) + 1);
}

Events::Partition::Partition(const Events& events, uint32_t number, uint64_t next)
    : ctx_(events.ctx_),
      generator_(events.generator_),
      pacer_(events.rate_),
      kinds_(events.kinds_),
      end_(events.end_),
      partitions_(events.partitions_),
      number_(number),
      next_(next) {
  pass_unwanted();
}

void Events::Partition::step() {
  ++next_;
  if (next_ % kBlock == 0) next_ += kBlock * (partitions_ - 1);
}

void Events::Partition::pass_unwanted() {
  while (next_ < end_ && !kinds_[static_cast<size_t>(NexmarkEvents::type_of(next_))]) step();
}

void Events::Partition::put(Out& out) {
  char* const begin = out.room(NexmarkEvents::kMaxSize);
  constexpr size_t kKeyRoom = 20;
  const auto event = generator_.write(next_, begin + kKeyRoom);
  const char* const key_end = std::to_chars(begin, begin + kKeyRoom, event.key).ptr;
  out.keep(kKeyRoom + event.size);
  sh_record record{};
  record.key = reinterpret_cast<const uint8_t*>(begin);
  record.key_len = static_cast<uint32_t>(key_end - begin);
  record.value = reinterpret_cast<const uint8_t*>(begin) + kKeyRoom;
  record.value_len = static_cast<uint32_t>(event.size);
  record.event_time_us = event.time_us;
  out.push(record);
  by_kind_[static_cast<size_t>(event.type)].push_back(record);
  step();
  pass_unwanted();
}

Poll Events::Partition::poll(Out& out, uint32_t budget) {
  if (next_ >= end_) return Poll::end();
  const int64_t now = ctx_.now_us();
  const uint64_t count = pacer_.take(now, budget);
  if (count == 0) return Poll::again_at(pacer_.next_us(now));
  for (auto& records : by_kind_) records.clear();
  for (uint64_t i = 0; i < count && next_ < end_; ++i) put(out);
  for (uint32_t kind = 0; kind < by_kind_.size(); ++kind) {
    out.port(1 + kind);
    for (const sh_record& record : by_kind_[kind]) out.push(record);
  }
  out.port(0);
  return next_ >= end_ ? Poll::end() : Poll::more();
}

void Events::Partition::snapshot(Writer& position) {
  position.write(demo::dealt_position(next_, partitions_));
}

Progress Events::Partition::progress() const {
  const uint64_t round = kBlock * partitions_;
  // How many of the events before `n` are this partition's.
  const auto before = [&](uint64_t n) {
    const uint64_t rest = n % round, own = number_ * kBlock;
    return n / round * kBlock + std::clamp(rest, own, own + kBlock) - own;
  };
  return {before(std::min(next_, end_)), end_ == kEndless ? UINT64_MAX : before(end_),
          SH_UNIT_RECORDS};
}

Events::Events(const Context& ctx, const Config& config)
    : ctx_(ctx),
      generator_(static_cast<uint64_t>(config.integer("seed")), config.integer("start"),
                 config.integer("interval"), config.integer("out_of_order")),
      kinds_(read_kinds(config.list("kinds"))),
      end_(static_cast<uint64_t>(config.integer("count"))),
      partitions_(static_cast<uint32_t>(config.integer("partitions", 1))),
      rate_(config.number("rate") / partitions_) {
  if (end_ == 0) end_ = kEndless;
}

std::vector<std::string> Events::partitions() { return demo::numbered_partitions(partitions_); }

std::unique_ptr<Events::Partition> Events::open(std::string_view name,
                                                std::optional<std::string_view> resume) {
  const uint32_t number = demo::partition_number(name);
  uint64_t next = number * kBlock;
  if (resume) next = demo::read_dealt_position(*resume, number, partitions_, kBlock);
  return std::make_unique<Partition>(*this, number, next);
}

Component events() {
  return source<Events>("events")
      .summary("Persons, auctions and bids of an auction site, as JSON")
      .outputs({{"out", "all events, as they happen"},
                {"persons", "new persons only"},
                {"auctions", "new auctions only"},
                {"bids", "bids only"}})
      .options({option("count", Type::integer, "how many events happen; 0: without end")
                    .otherwise("0")
                    .at_least(0),
                option("kinds", Type::list,
                       "which of them are put out, \"person\", \"auction\", \"bid\"; the others "
                       "cost nothing")
                    .otherwise("person, auction, bid"),
                option("rate", Type::number, "records a second; 0: as fast as possible")
                    .otherwise("0")
                    .at_least(0),
                option("seed", Type::integer, "another seed gives other events").otherwise("1"),
                option("partitions", Type::integer, "to make the events in parallel")
                    .otherwise("1")
                    .at_least(1)
                    .at_most(65536),
                option("start", Type::time, "event time of the first event")
                    .otherwise("2015-07-15T00:00:00Z"),
                option("interval", Type::duration, "event time from one event to the next")
                    .otherwise("100us")
                    .at_least(0),
                option("out_of_order", Type::duration,
                       "each event's time is earlier by a random part of this, at most an hour")
                    .otherwise("0s")
                    .at_least(0)
                    .at_most(3.6e9)});
}

}  // namespace streamhost::nexmark
