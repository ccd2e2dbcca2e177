#include "metrics.h"

#include <algorithm>
#include <cstdio>

#include "position.h"
#include "random.h"
#include "text_writer.h"

namespace streamhost::demo {
namespace {

constexpr size_t kMaxSize = 160;  // of a reading
constexpr uint64_t kEndless = UINT64_MAX >> 1;

std::string device_name(uint32_t device) {
  char text[32];
  std::snprintf(text, sizeof(text), "dev-%03u", device);
  return text;
}

}  // namespace

Metrics::Partition::Partition(const Context& ctx, const MetricsShape& shape, double rate,
                              uint32_t device, uint64_t next, int64_t value)
    : ctx_(ctx),
      shape_(shape),
      pacer_(rate),
      device_(device),
      name_(device_name(device)),
      next_(next),
      value_(value) {}

int64_t Metrics::Partition::first_value(const MetricsShape& shape, uint32_t device) {
  return 1500 + Random(shape.seed, device).below(1001);
}

void Metrics::Partition::put(Out& out) {
  // A step of up to half a unit either way, drawn gently to 20 so that the value never runs away.
  Random random(shape_.seed ^ mix(device_), next_);
  value_ += static_cast<int64_t>(random.below(101)) - 50 - (value_ - 2000) / 100;
  const int64_t time = shape_.start_us + static_cast<int64_t>(next_) * shape_.interval_us;
  char* const begin = out.room(kMaxSize);
  TextWriter to(begin);
  to << "{\"device\":\"" << name_ << "\",\"time\":\"";
  const std::string_view key(begin + 11, name_.size());
  to.move_to(time_.write(time, false, to.at()));
  to << "\",\"value\":";
  if (value_ < 0) to << '-';
  const int64_t size = value_ < 0 ? -value_ : value_;
  to << size / 100 << '.' << static_cast<char>('0' + size / 10 % 10)
     << static_cast<char>('0' + size % 10) << '}';
  out.keep(static_cast<size_t>(to.at() - begin));
  sh_record record{};
  record.key = to_bytes(key).ptr;
  record.key_len = static_cast<uint32_t>(key.size());
  record.value = reinterpret_cast<const uint8_t*>(begin);
  record.value_len = static_cast<uint32_t>(to.at() - begin);
  record.event_time_us = time;
  out.push(record);
  ++next_;
}

Poll Metrics::Partition::poll(Out& out, uint32_t budget) {
  if (next_ >= shape_.count) return Poll::end();
  const int64_t now = ctx_.now_us();
  const uint64_t count = pacer_.take(now, std::min<uint64_t>(shape_.count - next_, budget));
  if (count == 0) return Poll::again_at(pacer_.next_us(now));
  for (uint64_t i = 0; i < count; ++i) put(out);
  return next_ >= shape_.count ? Poll::end() : Poll::more();
}

Progress Metrics::Partition::progress() const {
  return {next_, shape_.count == kEndless ? UINT64_MAX : shape_.count, SH_UNIT_RECORDS};
}

Metrics::Metrics(const Context& ctx, const Config& config)
    : ctx_(ctx),
      shape_{.count = static_cast<uint64_t>(config.integer("count")),
             .start_us = config.integer("start"),
             .interval_us = config.integer("interval"),
             .seed = static_cast<uint64_t>(config.integer("seed"))},
      devices_(static_cast<uint32_t>(config.integer("partitions", 1))),
      rate_(config.number("rate") / devices_) {
  if (shape_.count == 0) shape_.count = kEndless;
}

std::vector<std::string> Metrics::partitions() {
  std::vector<std::string> names;
  for (uint32_t i = 0; i < devices_; ++i) names.push_back(device_name(i));
  return names;
}

std::unique_ptr<Metrics::Partition> Metrics::open(std::string_view name,
                                                  std::optional<std::string_view> resume) {
  const uint32_t device = partition_number(name.substr(4));
  if (!resume) {
    return std::make_unique<Partition>(ctx_, shape_, rate_, device, 0,
                                       Partition::first_value(shape_, device));
  }
  const auto position = read_position(*resume, 2);
  return std::make_unique<Partition>(ctx_, shape_, rate_, device,
                                     static_cast<uint64_t>(position[0]), position[1]);
}

Component metrics() {
  return source<Metrics>("metrics")
      .summary("Readings of devices whose values wander about, as JSON")
      .options({option("partitions", Type::integer, "number of devices, one partition each")
                    .otherwise("4")
                    .at_least(1)
                    .at_most(65536),
                option("count", Type::integer, "readings of each device; 0: without end")
                    .otherwise("0")
                    .at_least(0),
                option("interval", Type::duration, "event time from one reading to the next")
                    .otherwise("1s")
                    .at_least(0),
                option("start", Type::time, "event time of the first reading")
                    .otherwise("2024-01-01T00:00:00Z"),
                option("rate", Type::number,
                       "records a second, over all devices; 0: as fast as possible")
                    .otherwise("0")
                    .at_least(0),
                option("seed", Type::integer, "another seed gives other values").otherwise("1")});
}

}  // namespace streamhost::demo
