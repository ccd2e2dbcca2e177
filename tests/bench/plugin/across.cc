#include "across.h"

#include <algorithm>
#include <cstring>

// The one place where something beside the host has to know how it deals keys.
#include "../../../host/base/key_hash.h"
#include "digits.h"
#include "random.h"
#include "report_file.h"

namespace bench {
namespace {

constexpr uint32_t kKeySize = 16;
// What an order might look like; the digits change.
constexpr std::string_view kValue = R"({"amount":00000000,"country":"NL","state":"ready"})";
constexpr uint32_t kDigitsAt = 10;
constexpr uint32_t kValueSize = kValue.size();
static_assert(kValueSize == 50);

void write_key(uint32_t number, uint8_t* to) {
  std::memcpy(to, "key-0000", 8);
  streamhost::demo::write_eight_digits(number, reinterpret_cast<char*>(to) + 8);
}

}  // namespace

Across::Partition::~Partition() {
  append_to(shape_.report_, std::to_string(done_) + " " + std::to_string(first_us_) + "\n");
}

int64_t Across::Partition::due_us(uint64_t record) const {
  const auto after_us = static_cast<int64_t>(record * 1'000'000 / shape_.rate_);
  return first_us_ + after_us / kLotUs * kLotUs;
}

sh::Poll Across::Partition::poll(sh::Out& out, uint32_t budget) {
  const int64_t now_us = ctx_.now_us();
  if (first_us_ == 0) first_us_ = now_us;
  uint64_t due = shape_.records_;
  if (shape_.rate_ != 0) {
    const int64_t lot_ends_us = (std::max<int64_t>(0, now_us - first_us_) / kLotUs + 1) * kLotUs;
    due = std::min(due, (static_cast<uint64_t>(lot_ends_us) * shape_.rate_ + 999'999) / 1'000'000);
  }
  if (due > done_) put(out, static_cast<uint32_t>(std::min<uint64_t>(budget, due - done_)));
  if (done_ == shape_.records_) return sh::Poll::end();
  return done_ < due ? sh::Poll::more() : sh::Poll::again_at(due_us(done_));
}

void Across::Partition::put(sh::Out& out, uint32_t count) {
  const auto keys = static_cast<uint32_t>(shape_.keys_.size());
  const uint64_t bytes = uint64_t{count} * (kKeySize + kValueSize);
  // Drawn beforehand, so that no record waits for memory by itself.
  numbers_.resize(count);
  for (uint32_t i = 0; i < count; ++i) {
    numbers_[i] = shape_.keys_[sh::demo::scale(sh::demo::mix(done_ + i), keys)];
  }
  sh_span span{};
  sh::detail::check(ctx_.host()->out_reserve(out.raw(), 0, count, bytes, &span));
  uint8_t* at = span.bytes;
  for (uint32_t i = 0; i < count; ++i, ++done_) {
    sh_record r{};
    r.key = at;
    r.key_len = kKeySize;
    write_key(numbers_[i], at);
    at += kKeySize;
    r.value = at;
    r.value_len = kValueSize;
    std::memcpy(at, kValue.data(), kValueSize);
    sh::demo::write_eight_digits(static_cast<uint32_t>(done_ % 100'000'000),
                                 reinterpret_cast<char*>(at) + kDigitsAt);
    at += kValueSize;
    r.event_time_us = shape_.rate_ != 0 ? due_us(done_) : SH_NO_TIME;
    span.records[i] = r;
  }
  sh::detail::check(ctx_.host()->out_commit(out.raw(), 0, count, bytes));
}

Across::Across(const sh::Context& ctx, const sh::Config& config)
    : ctx_(ctx),
      records_(static_cast<uint64_t>(config.integer("records"))),
      rate_(static_cast<uint64_t>(config.integer("rate"))),
      report_(config.str("report")) {
  const auto count = static_cast<size_t>(config.integer("keys"));
  const auto workers = static_cast<uint32_t>(config.integer("workers"));
  uint8_t key[kKeySize];
  for (uint32_t number = 0; keys_.size() < count; ++number) {
    write_key(number, key);
    const uint64_t hash = streamhost::key_hash(key, kKeySize);
    if (streamhost::owner_of(hash, workers) == workers - 1) keys_.push_back(number);
  }
}

sh::Component across() {
  using sh::option;
  using sh::Type;
  return sh::source<Across>("across")
      .summary("Records whose keys all belong to the last worker, from the first one")
      .options({option("records", Type::integer, "how many").required().at_least(1),
                option("keys", Type::integer, "number of distinct keys of 16 bytes")
                    .otherwise("100000")
                    .at_least(1)
                    .at_most(1'000'000),
                option("workers", Type::integer, "that the job has in all its processes")
                    .otherwise("2")
                    .at_least(1)
                    .at_most(64),
                option("rate", Type::integer,
                       "records a second, with the time at which they were "
                       "due as event time; 0: as fast as possible, without")
                    .otherwise("0")
                    .at_least(0),
                option("report", Type::string, "the file that gets what was put out")
                    .required()
                    .path()});
}

}  // namespace bench
