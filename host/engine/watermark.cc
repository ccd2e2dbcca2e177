#include "engine/watermark.h"

#include <algorithm>
#include <string_view>

#include "base/fixed64.h"

namespace streamhost {
namespace {

// In front of the rows of a step's origins, which share a table with a source's positions.
constexpr char kRowMark = '\x01';

// How far a worker has come. An origin has a slash in its name, or is a lane.
const std::string kReachedRow = std::string(1, kRowMark) + "reached ";

std::string encode_time(int64_t us) {
  std::string row;
  append_fixed64(row, static_cast<uint64_t>(us));
  return row;
}

// Behind the time of a worker that has stepped aside.
constexpr char kAside = 'i';

std::optional<int64_t> decode_time(std::string_view row) {
  if (row.size() != 8) return std::nullopt;
  return static_cast<int64_t>(read_fixed64(row.data()));
}

}  // namespace

WatermarkTracker::WatermarkTracker(int64_t wait_us, std::optional<int64_t> idle_us,
                                   std::vector<Origin*> origins, uint32_t worker, uint32_t workers)
    : wait_us_(wait_us), idle_us_(idle_us), worker_(worker), workers_(workers) {
  for (Origin* origin : origins) entries_.push_back({origin});
}

void WatermarkTracker::seen(Origin* origin, int64_t time_us) {
  if (time_us == SH_NO_TIME) return;
  if (last_ >= entries_.size() || entries_[last_].origin != origin) {
    for (last_ = 0; last_ < entries_.size() && entries_[last_].origin != origin;) ++last_;
    if (last_ == entries_.size()) return;
  }
  Entry& entry = entries_[last_];
  if (time_us <= entry.largest_us) return;
  entry.largest_us = time_us;
  origin->time_us = std::max(origin->time_us, time_us);
  entry.changed = true;
}

bool WatermarkTracker::idle(const Entry& entry, int64_t now_us) const {
  if (entry.origin->to_come) return true;
  return idle_us_ && entry.origin->quiet_since_us != INT64_MAX &&
         now_us - entry.origin->quiet_since_us >= *idle_us_;
}

bool WatermarkTracker::all_ended() const {
  return std::all_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return entry.origin->ended; });
}

int64_t WatermarkTracker::watermark(int64_t now_us) {
  int64_t least = kEndOfTime;
  bool live = false;
  for (const Entry& entry : entries_) {
    if (entry.origin->ended) continue;
    if (idle(entry, now_us)) {
      least = std::min(least, kIdleWatermark);
      continue;
    }
    live = true;
    if (entry.largest_us == kNoWatermark) return reached_;
    least = std::min(least, entry.largest_us - wait_us_);
  }
  aside_ = !live && least == kIdleWatermark;
  if (!live) {
    for (const Entry& entry : entries_) {
      if (entry.largest_us == kNoWatermark) continue;
      reached_ = std::max(reached_, entry.largest_us - wait_us_);
    }
    return least;
  }
  reached_ = std::max(reached_, least);
  return reached_;
}

int64_t WatermarkTracker::next_us(int64_t now_us) const {
  int64_t next = INT64_MAX;
  if (!idle_us_) return next;
  for (const Entry& entry : entries_) {
    if (entry.origin->ended || entry.origin->quiet_since_us == INT64_MAX) continue;
    const int64_t at = entry.origin->quiet_since_us + *idle_us_;
    if (at > now_us) next = std::min(next, at);
  }
  return next;
}

std::vector<std::pair<std::string, std::string>> WatermarkTracker::take_changes() {
  std::vector<std::pair<std::string, std::string>> rows;
  for (Entry& entry : entries_) {
    if (!std::exchange(entry.changed, false)) continue;
    rows.emplace_back(kRowMark + entry.origin->name, encode_time(entry.largest_us));
  }
  // Whoever has nothing to wait for holds nobody back.
  std::string reached = encode_time(all_ended() ? kEndOfTime : reached_);
  if (aside_) reached += kAside;
  if (stored_ != reached) {
    rows.emplace_back(kReachedRow + std::to_string(worker_), reached);
    stored_ = std::move(reached);
  }
  for (std::string& name : std::exchange(gone_, {})) rows.emplace_back(std::move(name), "");
  return rows;
}

void WatermarkTracker::restore(const std::map<std::string, std::string>& stored) {
  int64_t least_lane = INT64_MAX;
  // What was waited for, and how far all others had come where nothing was.
  int64_t least_reached = kEndOfTime, most_aside = kNoWatermark;
  for (const auto& [name, row] : stored) {
    if (name.starts_with(kReachedRow)) {
      const bool aside = row.ends_with(kAside) && row.size() == 9;
      const int64_t reached =
          decode_time(std::string_view(row).substr(0, 8)).value_or(kNoWatermark);
      if (aside) {
        most_aside = std::max(most_aside, reached);
      } else {
        least_reached = std::min(least_reached, reached);
      }
      const std::string worker = name.substr(kReachedRow.size());
      if (worker_ == 0 && std::strtoull(worker.c_str(), nullptr, 10) >= workers_) {
        gone_.push_back(name);
      }
    }
    if (name.rfind(kRowMark + kLaneOrigin, 0) != 0) continue;
    if (const auto time = decode_time(row)) least_lane = std::min(least_lane, *time);
  }
  reached_ = least_reached != kEndOfTime ? least_reached : most_aside;
  for (Entry& entry : entries_) {
    if (entry.origin->name.rfind(kLaneOrigin, 0) == 0) {
      if (least_lane != INT64_MAX) entry.largest_us = least_lane;
      continue;
    }
    const auto it = stored.find(kRowMark + entry.origin->name);
    if (it == stored.end()) continue;
    const auto time = decode_time(it->second);
    if (!time) continue;
    entry.largest_us = *time;
    entry.origin->time_us = std::max(entry.origin->time_us, *time);
  }
}

}  // namespace streamhost
