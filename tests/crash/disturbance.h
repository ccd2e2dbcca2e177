// What is done to a run of a job, and when.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "crash/points.h"
#include "crash/random.h"

namespace streamhost::crash {

using Micros = std::chrono::microseconds;

struct Disturbance {
  enum class Kind {
    kNone,
    kKillEarly,    // SIGKILL while the job starts or resumes
    kKillAnytime,  // SIGKILL at a moment of which each is as likely
    kKillLate,     // SIGKILL about when the job ends
    kKillAtPoint,  // the host kills itself at a point of its protocol
    kDrain,        // SIGTERM: ends the job in order, with its input unread
  };
  Kind kind = Kind::kNone;
  Micros after{0};  // the start of the process; not for kKillAtPoint
  PointKill point;

  bool is_kill() const { return kind != Kind::kNone && kind != Kind::kDrain; }
  std::string text() const;
};

const char* kind_name(Disturbance::Kind kind);

// Which disturbances a trial draws, as shares of the whole.
struct Mix {
  double early = 0.2, anytime = 0.4, late = 0.2, at_point = 0.1, drain = 0.1;
};

// A share of a time.
inline Micros part_of(Micros time, double share) {
  return Micros(static_cast<Micros::rep>(static_cast<double>(time.count()) * share));
}

// Draws one. `startup`: how long the job takes to begin, `remaining`: how long it would then run.
Disturbance draw(Random& random, const Mix& mix, Micros startup, Micros remaining);

}  // namespace streamhost::crash
