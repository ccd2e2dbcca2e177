#include "engine/time_maker.h"

namespace streamhost {

void TimeMaker::open(std::vector<Origin*> origins, uint32_t step) {
  const auto& spec = context_.step().watermark;
  if (!spec) return;
  tracker_ = std::make_unique<WatermarkTracker>(spec->wait_us, spec->idle_us, std::move(origins),
                                                context_.worker(), context_.job().workers());
  context_.out().track_time();
  if (Snapshots* snapshots = context_.job().snapshots()) {
    tracker_->restore(snapshots->positions(step));
  }
}

bool TimeMaker::note(Origin* origin) {
  tracker_->seen(origin, context_.out().take_largest_time());
  bool progress = false;
  return advance(context_.job().now_us(), &progress);
}

bool TimeMaker::advance(int64_t now_us, bool* progress) {
  if (tracker_ == nullptr) return true;
  const int64_t watermark = tracker_->watermark(now_us);
  // The end is told by whoever ends.
  if (watermark == passed_ || watermark == kEndOfTime) return true;
  passed_ = watermark;
  *progress = true;
  if (watermark == kIdleWatermark && tracker_->reached() != kNoWatermark &&
      !context_.out().watermark(context_.move_watermark(tracker_->reached()))) {
    return false;
  }
  return context_.out().watermark(context_.move_watermark(watermark));
}

bool TimeMaker::end() {
  if (tracker_ == nullptr) return true;
  tracker_->watermark(context_.job().now_us());
  return tracker_->reached() == kNoWatermark ||
         context_.out().watermark(context_.move_watermark(tracker_->reached()));
}

void TimeMaker::add_rows(recovery::RowBlock& rows) {
  if (tracker_ == nullptr) return;
  for (const auto& [key, value] : tracker_->take_changes()) {
    if (value.empty()) {
      rows.erase(key);
    } else {
      rows.put(key, 0, value);
    }
  }
}

}  // namespace streamhost
