#include "cluster/quiet_log.h"

namespace streamhost::cluster {

void QuietLog::warn(const std::string& where, const std::string& what, Clock::time_point now) {
  auto it = kinds_.find(what);
  if (it == kinds_.end()) {
    const bool is_room = kinds_.size() < kMostKinds;
    it = kinds_.try_emplace(is_room ? what : "closed for various other reasons").first;
    if (it->second.said == Clock::time_point()) {
      it->second.said = now;
      log_->warn("connection from {}: {}", where, what);
      return;
    }
  }
  ++it->second.unsaid;
  it->second.last_where = where;
  if (now - it->second.said >= kPause) tick(now);
}

void QuietLog::tick(Clock::time_point now) {
  for (auto it = kinds_.begin(); it != kinds_.end();) {
    Kind& kind = it->second;
    if (now - kind.said < kPause) {
      ++it;
    } else if (kind.unsaid == 0) {
      it = kinds_.erase(it);
    } else {
      log_->warn("connection from {}, and {} more since: {}", kind.last_where, kind.unsaid - 1,
                 it->first);
      kind.said = now;
      kind.unsaid = 0;
      ++it;
    }
  }
}

}  // namespace streamhost::cluster
