#include "sequence.h"

#include <algorithm>
#include <cstring>

#include "random.h"

namespace streamhost::demo {
namespace {

constexpr uint32_t kKeySize = 8;  // 'k' and seven digits
constexpr uint32_t kLot = 1024;

// As many digits as a value has: leading zeros, the number; `width` bytes in all, at least as many
// as the number has digits.
void write_padded(const Counter& counter, uint32_t width, uint8_t* to) {
  if (width <= Counter::kDigits) {
    std::memcpy(to, counter.text() + Counter::kDigits - width, width);
    return;
  }
  const uint32_t zeros = width - Counter::kDigits;
  // Sixteen at a time, of which the digits then cover what is too much.
  for (uint32_t i = 0; i < zeros; i += 16) std::memset(to + i, '0', 16);
  std::memcpy(to + zeros, counter.text(), Counter::kDigits);
}

}  // namespace

Sequence::Partition::Partition(const Context& ctx, const SequenceShape& shape, double rate,
                               uint64_t index)
    : ctx_(ctx), shape_(shape), pacer_(rate), index_(index), counter_(index) {
  if (shape_.keys != 0) cyclic_ = static_cast<uint32_t>(index % shape_.keys);
}

// A number's digits lie at the right of all those of a counter; a padded value has its size.
uint32_t Sequence::Partition::value_room() const {
  if (shape_.size != 0) return std::max(shape_.size, Counter::kDigits);
  return Counter::kDigits;
}

template <bool Keyed>
void Sequence::Partition::fill(const sh_span& span, uint32_t count) {
  // Copies, for the compiler has to assume that bytes written may be part of *this.
  const SequenceShape s = shape_;
  Counter counter = counter_;
  uint64_t index = index_;
  uint32_t cyclic = cyclic_;
  const uint32_t room = value_room();
  const uint32_t key_step = Keyed ? s.partitions % s.keys : 0;
  uint8_t* bytes = span.bytes;
  sh_record* to = span.records;
  for (uint32_t n = 0; n < count; ++n, ++to) {
    sh_record r{};
    r.key_len = SH_ABSENT;
    if constexpr (Keyed) {
      char* const key = reinterpret_cast<char*>(bytes);
      write_eight_digits(s.random ? static_cast<uint32_t>(mix(index) % s.keys) : cyclic, key);
      key[0] = 'k';
      r.key = bytes;
      r.key_len = kKeySize;
      bytes += kKeySize;
      cyclic += key_step;
      if (cyclic >= s.keys) cyclic -= s.keys;
    }
    if (s.size == 0) {
      std::memcpy(bytes, counter.text(), Counter::kDigits);
      r.value = bytes + Counter::kDigits - counter.width();
      r.value_len = counter.width();
    } else {
      r.value_len = std::max(s.size, counter.width());
      write_padded(counter, r.value_len, bytes);
      r.value = bytes;
    }
    bytes += room;
    r.event_time_us =
        s.timed ? s.time_start_us + static_cast<int64_t>(index) * s.time_step_us : SH_NO_TIME;
    *to = r;
    index += s.partitions;
    counter.add(s.partitions);
  }
  counter_ = counter;
  index_ = index;
  cyclic_ = cyclic;
}

void Sequence::Partition::put(Out& out, uint32_t count) {
  const uint64_t bytes = uint64_t{count} * (value_room() + (shape_.keys != 0 ? kKeySize : 0));
  sh_span span{};
  detail::check(ctx_.host()->out_reserve(out.raw(), 0, count, bytes, &span));
  if (shape_.keys != 0) {
    fill<true>(span, count);
  } else {
    fill<false>(span, count);
  }
  detail::check(ctx_.host()->out_commit(out.raw(), 0, count, bytes));
}

Poll Sequence::Partition::poll(Out& out, uint32_t budget) {
  if (index_ >= shape_.end) return Poll::end();
  const uint64_t left = (shape_.end - index_ - 1) / shape_.partitions + 1;
  const int64_t now = ctx_.now_us();
  uint64_t count = pacer_.take(now, std::min<uint64_t>(left, budget));
  if (count == 0) return Poll::again_at(pacer_.next_us(now));
  while (count > 0) {
    const auto lot = static_cast<uint32_t>(std::min<uint64_t>(count, kLot));
    put(out, lot);
    count -= lot;
  }
  return index_ >= shape_.end ? Poll::end() : Poll::more();
}

Progress Sequence::Partition::progress() const {
  const uint64_t total =
      shape_.end == UINT64_MAX >> 1
          ? UINT64_MAX
          : (shape_.end + shape_.partitions - 1 - index_ % shape_.partitions) / shape_.partitions;
  return {index_ / shape_.partitions, total, SH_UNIT_RECORDS};
}

Sequence::Sequence(const Context& ctx, const Config& config)
    : ctx_(ctx),
      shape_{.end = static_cast<uint64_t>(config.integer("count")),
             .partitions = static_cast<uint32_t>(config.integer("partitions", 1)),
             .keys = static_cast<uint32_t>(config.integer("keys")),
             .random = config.find("order") == "random",
             .size = static_cast<uint32_t>(config.integer("size")),
             .timed = config.has("time_start") || config.has("time_step"),
             .time_start_us = config.integer("time_start"),
             .time_step_us = config.integer("time_step")},
      rate_(config.number("rate") / shape_.partitions) {
  if (shape_.end == 0) shape_.end = UINT64_MAX >> 1;
}

std::vector<std::string> Sequence::partitions() { return numbered_partitions(shape_.partitions); }

std::unique_ptr<Sequence::Partition> Sequence::open(std::string_view name,
                                                    std::optional<std::string_view> resume) {
  const uint32_t partition = partition_number(name);
  uint64_t index = partition;
  if (resume) index = read_dealt_position(*resume, partition, shape_.partitions);
  return std::make_unique<Partition>(ctx_, shape_, rate_, index);
}

Component sequence() {
  return source<Sequence>("sequence")
      .summary("Numbers from 0 on, with keys and event times if wanted")
      .options(
          {option("count", Type::integer, "how many records; 0: without end")
               .otherwise("0")
               .at_least(0),
           option("rate", Type::number, "records a second; 0: as fast as possible")
               .otherwise("0")
               .at_least(0),
           option("keys", Type::integer, "number of distinct keys, k0000000 on; 0: no key")
               .otherwise("0")
               .at_least(0)
               .at_most(10'000'000),
           option("order", Type::string, "how keys follow one another")
               .otherwise("cyclic")
               .choices({"cyclic", "random"}),
           option("partitions", Type::integer, "partition P of N has every Nth number from P on")
               .otherwise("1")
               .at_least(1)
               .at_most(65536),
           option("size", Type::size, "bytes of a value, zeros first; 0: as many as digits")
               .otherwise("0")
               .at_least(0)
               .at_most(1 << 20),
           option("time_start", Type::time, "event time of the first record; none: no times"),
           option("time_step", Type::duration, "event time from one number to the next")});
}

}  // namespace streamhost::demo
