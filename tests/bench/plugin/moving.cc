#include "moving.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "digits.h"
#include "random.h"
#include "report_file.h"

namespace bench {
namespace {

constexpr uint32_t kKeySize = 16;
constexpr int64_t kStepUs = 100;  // high rates come in small lots, not one by one

uint64_t number_in(std::string_view text) {
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Moving::Partition::~Partition() {
  append_to(report_, std::to_string(filled_ + moved_) + " " + std::to_string(measured_) + " " +
                         std::to_string(from_us_) + " " + std::to_string(to_us_) + "\n");
}

template <class KeyOf, class BirthOf>
void Moving::Partition::put(sh::Out& out, uint32_t count, KeyOf key_of, BirthOf birth_of) {
  const uint64_t bytes = uint64_t{count} * kKeySize;
  sh_span span{};
  sh::detail::check(ctx_.host()->out_reserve(out.raw(), 0, count, bytes, &span));
  for (uint32_t i = 0; i < count; ++i) {
    uint8_t* const key = span.bytes + i * kKeySize;
    std::memcpy(key, "key-0000", 8);
    sh::demo::write_eight_digits(static_cast<uint32_t>(key_of(i)),
                                 reinterpret_cast<char*>(key) + 8);
    sh_record r{};
    r.key = r.value = key;
    r.key_len = r.value_len = kKeySize;
    r.event_time_us = birth_of(i);
    span.records[i] = r;
  }
  sh::detail::check(ctx_.host()->out_commit(out.raw(), 0, count, bytes));
}

sh::Poll Moving::Partition::poll(sh::Out& out, uint32_t budget) {
  if (next_ < movement_.keys) return fill(out, budget);
  const int64_t now_us = ctx_.now_us();
  if (moving_since_us_ == 0) moving_since_us_ = now_us;
  return over(now_us) ? sh::Poll::end() : move(out, budget, now_us);
}

sh::Poll Moving::Partition::fill(sh::Out& out, uint32_t budget) {
  const uint64_t left = (movement_.keys - next_ - 1) / movement_.partitions + 1;
  const auto count = static_cast<uint32_t>(std::min<uint64_t>(left, budget));
  const int64_t now_us = ctx_.now_us();
  put(
      out, count, [this](uint32_t i) { return next_ + uint64_t{i} * movement_.partitions; },
      [now_us](uint32_t) { return now_us; });
  next_ += uint64_t{count} * movement_.partitions;
  filled_ += count;
  return sh::Poll::more();
}

bool Moving::Partition::over(int64_t now_us) const {
  if (movement_.last_epoch != 0) return ctx_.epoch() > movement_.last_epoch;
  return now_us - moving_since_us_ >= movement_.warm_us + movement_.measure_us;
}

sh::Poll Moving::Partition::move(sh::Out& out, uint32_t budget, int64_t now_us) {
  const int64_t passed_us = std::max<int64_t>(0, now_us - moving_since_us_);
  const double rate = movement_.rate;
  const auto birth = [&](uint64_t record) {
    if (rate <= 0) return now_us;
    return moving_since_us_ + static_cast<int64_t>(static_cast<double>(record) / rate * 1e6);
  };
  uint64_t count = budget;
  if (rate > 0) {
    const auto due = static_cast<uint64_t>(static_cast<double>(passed_us) / 1e6 * rate) + 1;
    if (due <= moved_) return sh::Poll::again_at(std::max(birth(moved_), now_us + kStepUs));
    count = std::min<uint64_t>(count, due - moved_);
  }
  const uint64_t first = static_cast<uint64_t>(passed_us) * movement_.glide / 1'000'000;
  // Every partition draws others.
  const uint64_t seed = moved_ * movement_.partitions + next_ % movement_.partitions;
  put(
      out, static_cast<uint32_t>(count),
      [&](uint32_t i) {
        const uint64_t bits = sh::demo::mix(seed + uint64_t{i} * movement_.partitions);
        return (first + sh::demo::scale(bits, movement_.window)) % movement_.keys;
      },
      [&](uint32_t i) { return birth(moved_ + i); });
  moved_ += count;
  if (passed_us >= movement_.warm_us) {
    if (from_us_ == 0) {
      from_us_ = now_us;
    } else {
      measured_ += count;
    }
    to_us_ = now_us;
  }
  return sh::Poll::more();
}

Moving::Moving(const sh::Context& ctx, const sh::Config& config)
    : ctx_(ctx),
      movement_{.keys = static_cast<uint64_t>(config.integer("keys")),
                .partitions = static_cast<uint32_t>(config.integer("partitions")),
                .window = static_cast<uint32_t>(config.integer("window")),
                .glide = static_cast<uint32_t>(config.integer("glide")),
                .rate = 0,
                .warm_us = config.integer("warm"),
                .measure_us = config.integer("measure"),
                .last_epoch = static_cast<uint64_t>(config.integer("last_epoch"))},
      report_(config.str("report")) {
  movement_.rate = config.number("rate") / movement_.partitions;
}

std::vector<std::string> Moving::partitions() {
  std::vector<std::string> names;
  for (uint32_t i = 0; i < movement_.partitions; ++i) names.push_back(std::to_string(i));
  return names;
}

std::unique_ptr<Moving::Partition> Moving::open(std::string_view name,
                                                std::optional<std::string_view> resume) {
  return std::make_unique<Partition>(ctx_, movement_, number_in(resume.value_or(name)), report_);
}

sh::Component moving() {
  using sh::option;
  using sh::Type;
  return sh::source<Moving>("moving")
      .summary("Every key once, then keys out of a window that glides over them")
      .options(
          {option("keys", Type::integer, "number of distinct keys of 16 bytes")
               .otherwise("1000000")
               .at_least(1)
               .at_most(100'000'000),
           option("partitions", Type::integer, "number of partitions")
               .otherwise("1")
               .at_least(1)
               .at_most(1024),
           option("window", Type::integer, "keys in the window").otherwise("50000").at_least(1),
           option("glide", Type::integer, "keys that it moves on by in a second")
               .otherwise("50000")
               .at_least(0),
           option("rate", Type::number, "records a second, in all; 0: as fast as possible")
               .otherwise("0")
               .at_least(0),
           option("warm", Type::duration, "how long keys are drawn before the measurement")
               .otherwise("0s")
               .at_least(0),
           option("measure", Type::duration, "how long the measurement takes")
               .otherwise("0s")
               .at_least(0),
           option("last_epoch", Type::integer, "end with this epoch instead; 0: by time")
               .otherwise("0")
               .at_least(0),
           option("report", Type::string, "the file that gets what was put out")
               .required()
               .path()});
}

}  // namespace bench
