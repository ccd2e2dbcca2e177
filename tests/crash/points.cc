#include "crash/points.h"

#include <set>

#include "recovery/points.h"

namespace streamhost::crash {

const std::vector<std::string>& points() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> names = {
        "resumed",         // state is restored, nothing is read yet
        "recommitted",     // a handle of the snapshot was committed again
        "barrier",         // a worker starts to end an epoch
        "aligned",         // a keyed step has the barrier from everywhere
        "prepared",        // a sink partition is prepared
        "saved",           // a worker has handed in all rows of the epoch
        "sealed",          // all workers have
        "durable",         // the epoch is on disk, no sink knows
        "part_committed",  // one sink partition knows
        "committed",       // all do
        "final",           // the last epoch has begun
    };
    names.insert(names.end(), recovery::kPoints.begin(), recovery::kPoints.end());
    return names;
  }();
  return all;
}

bool needs_resume(const std::string& point) { return point == "resumed" || point == "recommitted"; }

std::vector<PointKill> kills_at_all_points(const std::vector<int>& later) {
  static const std::set<std::string> once = {"resumed", "final", "store.begin",
                                             "store.begin_first_file"};
  std::vector<PointKill> kills;
  for (const std::string& point : points()) {
    kills.push_back({point, 1});
    if (once.count(point) != 0 || point == "recommitted") continue;
    for (const int count : later) kills.push_back({point, count});
  }
  return kills;
}

}  // namespace streamhost::crash
