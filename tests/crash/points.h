// The points at which the host can be told to kill itself: STREAMHOST_TEST_CRASH=POINT[:N] makes it
// send itself SIGKILL the N-th time it passes POINT.
#pragma once

#include <string>
#include <vector>

namespace streamhost::crash {

struct PointKill {
  std::string point;
  int count = 1;  // the N

  std::string text() const { return point + ":" + std::to_string(count); }
};

// Every named step of the commit protocol: of the engine in the order in which an epoch passes
// them, then of the store.
const std::vector<std::string>& points();

// Whether a job can pass the point only when it resumes.
bool needs_resume(const std::string& point);

// Every point, the first time it is passed, and `later` times where a run passes it often.
std::vector<PointKill> kills_at_all_points(const std::vector<int>& later);

}  // namespace streamhost::crash
