#include "passing.h"

#include <algorithm>
#include <cstring>

#include "digits.h"
#include "report_file.h"

namespace bench {
namespace {

constexpr int64_t kStartUs = 1'704'067'200'000'000;  // 2024-01-01T00:00:00Z
constexpr int64_t kQuietUs = 100'000;                // from one record of the one key to the next
constexpr uint64_t kBlock = 1000;                    // keys that come in turn
constexpr uint32_t kKeySize = 16;

}  // namespace

void Passing::Partition::put(sh::Out& out, std::string_view prefix, uint64_t key, int64_t time_us) {
  char* const bytes = out.room(kKeySize);
  std::memcpy(bytes, prefix.data(), 8);
  sh::demo::write_eight_digits(static_cast<uint32_t>(key), bytes + 8);
  out.keep(kKeySize);
  sh_record r{};
  r.key = r.value = reinterpret_cast<const uint8_t*>(bytes);
  r.key_len = r.value_len = kKeySize;
  r.event_time_us = time_us;
  out.push(r);
}

sh::Poll Passing::Partition::poll(sh::Out& out, uint32_t budget) {
  const uint64_t all = shape_.keys_ * shape_.times_;
  const uint64_t block = std::min(shape_.keys_, kBlock);
  for (uint32_t i = 0; i < budget && index_ < all; ++i, ++index_) {
    const uint64_t turn = index_ / (block * shape_.times_);
    put(out, "passing-", turn * block + index_ % block,
        kStartUs + static_cast<int64_t>(index_) * shape_.step_us_);
  }
  if (index_ < all) return sh::Poll::more();
  const int64_t now_us = ctx_.now_us();
  if (quiet_since_us_ == 0) {
    quiet_since_us_ = now_us;
    append_to(shape_.report_, std::to_string(index_) + "\n");
  }
  const int64_t due_us = quiet_since_us_ + static_cast<int64_t>(quiet_) * kQuietUs;
  if (now_us < due_us) return sh::Poll::again_at(due_us);
  put(out, kQuietKey, 0,
      kStartUs + static_cast<int64_t>(index_) * shape_.step_us_ + shape_.jump_us_ +
          static_cast<int64_t>(quiet_) * kQuietUs);
  ++quiet_;
  return sh::Poll::again_at(due_us + kQuietUs);
}

Passing::Passing(const sh::Context& ctx, const sh::Config& config)
    : ctx_(ctx),
      keys_(static_cast<uint64_t>(config.integer("keys"))),
      times_(static_cast<uint64_t>(config.integer("times"))),
      step_us_(config.integer("step")),
      jump_us_(config.integer("jump")),
      report_(config.str("report")) {}

sh::Component passing() {
  using sh::option;
  using sh::Type;
  return sh::source<Passing>("passing")
      .summary("Keys that come a few times each, then silence but for one")
      .options({option("keys", Type::integer, "number of distinct keys: 1, or thousands of them")
                    .required()
                    .at_least(1)
                    .at_most(99'999'000),
                option("times", Type::integer, "how often each comes").otherwise("2").at_least(1),
                option("step", Type::duration, "event time from one record to the next")
                    .otherwise("10us")
                    .at_least(0),
                option("jump", Type::duration, "event time from the last of them to the one key's")
                    .required()
                    .at_least(0),
                option("report", Type::string, "the file that gets a line when all keys were there")
                    .required()
                    .path()});
}

}  // namespace bench
