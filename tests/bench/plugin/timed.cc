#include "timed.h"

#include <algorithm>
#include <charconv>

namespace bench {

sh::Poll Timed::Partition::poll(sh::Out& out, uint32_t budget) {
  static constexpr uint64_t kLot = 1024;
  uint64_t left = std::min<uint64_t>(records_.left(), budget);
  while (left > 0) {
    const auto count = static_cast<uint32_t>(std::min(left, kLot));
    const uint64_t bytes = uint64_t{count} * TimedRecords::kSize;
    sh_span span{};
    sh::detail::check(ctx_.host()->out_reserve(out.raw(), 0, count, bytes, &span));
    sh_record* const to = span.records;
    records_.make(
        count, reinterpret_cast<char*>(span.bytes),
        [to](uint32_t n, const char* key, const char* value, uint32_t size, int64_t time_us) {
          sh_record r{};
          r.key = reinterpret_cast<const uint8_t*>(key);
          r.key_len = TimedRecords::kKeySize;
          r.value = reinterpret_cast<const uint8_t*>(value);
          r.value_len = size;
          r.event_time_us = time_us;
          to[n] = r;
        });
    sh::detail::check(ctx_.host()->out_commit(out.raw(), 0, count, bytes));
    left -= count;
  }
  return records_.left() == 0 ? sh::Poll::end() : sh::Poll::more();
}

Timed::Timed(const sh::Context& ctx, const sh::Config& config)
    : ctx_(ctx),
      shape_{.end = static_cast<uint64_t>(config.integer("count")),
             .partitions = static_cast<uint32_t>(config.integer("partitions")),
             .keys = static_cast<uint32_t>(config.integer("keys")),
             .start_us = config.integer("start"),
             .step_us = config.integer("step"),
             .disorder_us = config.integer("disorder")} {}

std::vector<std::string> Timed::partitions() {
  std::vector<std::string> names;
  for (uint32_t i = 0; i < shape_.partitions; ++i) names.push_back(std::to_string(i));
  return names;
}

std::unique_ptr<Timed::Partition> Timed::open(std::string_view name,
                                              std::optional<std::string_view>) {
  uint64_t index = 0;
  std::from_chars(name.data(), name.data() + name.size(), index);
  return std::make_unique<Partition>(ctx_, shape_, index);
}

sh::Component timed() {
  using sh::option;
  using sh::Type;
  return sh::source<Timed>("timed")
      .summary("Records with keys at random and event times that move on steadily")
      .options({option("count", Type::integer, "number of records").required().at_least(1),
                option("partitions", Type::integer, "number of partitions")
                    .otherwise("1")
                    .at_least(1)
                    .at_most(1024),
                option("keys", Type::integer, "number of distinct keys of 8 bytes")
                    .required()
                    .at_least(1)
                    .at_most(10'000'000),
                option("start", Type::time, "event time of the first record").required(),
                option("step", Type::duration, "event time from one record to the next")
                    .required()
                    .at_least(0),
                option("disorder", Type::duration, "event times are earlier by up to this much")
                    .otherwise("0s")
                    .at_least(0)
                    .at_most(3'600'000'000)});
}

}  // namespace bench
