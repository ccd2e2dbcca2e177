#include "delays.h"

#include "report_file.h"

namespace bench {

Delays::Partition::~Partition() {
  std::string text;
  for (const int64_t at_us : barriers_) text += "barrier " + std::to_string(at_us) + "\n";
  for (size_t i = 0; i < slices_.size(); ++i) {
    if (slices_[i] == nullptr) continue;
    text += "slice " + std::to_string((first_ + static_cast<int64_t>(i)) * kSliceUs);
    for (size_t bucket = 0; bucket < DelayBuckets::kCount; ++bucket) {
      const uint64_t count = slices_[i]->count(bucket);
      if (count != 0) text += " " + std::to_string(bucket) + " " + std::to_string(count);
    }
    text += "\n";
  }
  append_to(report_, text);
}

void Delays::Partition::write(const sh::Batch& in) {
  const int64_t now_us = ctx_.now_us();
  if (ctx_.epoch() != epoch_) {
    epoch_ = ctx_.epoch();
    barriers_.push_back(now_us);
  }
  const sh_record* const records = in.raw().records;
  for (uint32_t i = 0; i < in.size(); ++i) {
    const int64_t birth_us = records[i].event_time_us;
    slice(birth_us).add(DelayBuckets::bucket_of(now_us - birth_us), 1);
  }
}

DelayBuckets& Delays::Partition::slice(int64_t birth_us) {
  const int64_t number = birth_us / kSliceUs;
  if (slices_.empty()) first_ = number;
  // Another worker's records may be a little older than the first that came.
  while (number < first_) {
    slices_.insert(slices_.begin(), nullptr);
    --first_;
  }
  const auto at = static_cast<size_t>(number - first_);
  if (at >= slices_.size()) slices_.resize(at + 1);
  if (slices_[at] == nullptr) slices_[at] = std::make_unique<DelayBuckets>();
  return *slices_[at];
}

}  // namespace bench
