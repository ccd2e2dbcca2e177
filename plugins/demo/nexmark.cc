#include "nexmark.h"

#include <algorithm>

namespace streamhost::demo {
namespace {

constexpr uint64_t kBlock = NexmarkEvents::kBlock;
constexpr uint64_t kEndless = UINT64_MAX >> 1;

}  // namespace

Nexmark::Partition::Partition(const Context& ctx, const NexmarkEvents& events, double rate,
                              uint64_t end, uint32_t partitions, uint64_t next)
    : ctx_(ctx), events_(events), pacer_(rate), end_(end), partitions_(partitions), next_(next) {}

void Nexmark::Partition::put(Out& out) {
  char* const begin = out.room(NexmarkEvents::kMaxSize);
  char* const key = begin;
  constexpr size_t kKeyRoom = 20;
  const auto event = events_.write(next_, begin + kKeyRoom);
  const char* const key_end = std::to_chars(key, key + kKeyRoom, event.key).ptr;
  out.keep(kKeyRoom + event.size);
  sh_record record{};
  record.key = reinterpret_cast<const uint8_t*>(key);
  record.key_len = static_cast<uint32_t>(key_end - key);
  record.value = reinterpret_cast<const uint8_t*>(begin) + kKeyRoom;
  record.value_len = static_cast<uint32_t>(event.size);
  record.event_time_us = event.time_us;
  out.push(record);
  typed_[static_cast<size_t>(event.type)].push_back(record);
  ++next_;
  if (next_ % kBlock == 0) next_ += kBlock * (partitions_ - 1);
}

Poll Nexmark::Partition::poll(Out& out, uint32_t budget) {
  if (next_ >= end_) return Poll::end();
  const int64_t now = ctx_.now_us();
  const uint64_t count = pacer_.take(now, budget);
  if (count == 0) return Poll::again_at(pacer_.next_us(now));
  for (auto& records : typed_) records.clear();
  for (uint64_t i = 0; i < count && next_ < end_; ++i) put(out);
  for (uint32_t type = 0; type < typed_.size(); ++type) {
    out.port(1 + type);
    for (const sh_record& record : typed_[type]) out.push(record);
  }
  out.port(0);
  return next_ >= end_ ? Poll::end() : Poll::more();
}

Progress Nexmark::Partition::progress() const {
  const uint64_t round = kBlock * partitions_;
  const uint64_t before = next_ / round * kBlock + next_ % kBlock;
  if (end_ == kEndless) return {before, UINT64_MAX, SH_UNIT_RECORDS};
  // The last round gives this partition a whole block, a part of one, or nothing.
  const uint64_t begin = end_ / round * round + next_ % round / kBlock * kBlock;
  const uint64_t rest = end_ > begin ? std::min(end_ - begin, kBlock) : 0;
  return {before, end_ / round * kBlock + rest, SH_UNIT_RECORDS};
}

Nexmark::Nexmark(const Context& ctx, const Config& config)
    : ctx_(ctx),
      events_(static_cast<uint64_t>(config.integer("seed")), config.integer("start"),
              config.integer("interval")),
      end_(static_cast<uint64_t>(config.integer("count"))),
      partitions_(static_cast<uint32_t>(config.integer("partitions", 1))),
      rate_(config.number("rate") / partitions_) {
  if (end_ == 0) end_ = kEndless;
}

std::vector<std::string> Nexmark::partitions() { return numbered_partitions(partitions_); }

std::unique_ptr<Nexmark::Partition> Nexmark::open(std::string_view name,
                                                  std::optional<std::string_view> resume) {
  const uint32_t partition = partition_number(name);
  uint64_t next = partition * kBlock;
  if (resume) next = read_dealt_position(*resume, partition, partitions_, kBlock);
  return std::make_unique<Partition>(ctx_, events_, rate_, end_, partitions_, next);
}

Component nexmark() {
  return source<Nexmark>("nexmark")
      .summary("Persons, auctions and bids of an auction site, as JSON")
      .outputs({{"out", "all events, in order"},
                {"persons", "new persons only"},
                {"auctions", "new auctions only"},
                {"bids", "bids only"}})
      .options({option("count", Type::integer, "how many events; 0: without end")
                    .otherwise("0")
                    .at_least(0),
                option("rate", Type::number, "events a second; 0: as fast as possible")
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
                    .at_least(0)});
}

}  // namespace streamhost::demo
