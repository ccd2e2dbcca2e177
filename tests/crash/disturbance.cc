#include "crash/disturbance.h"

namespace streamhost::crash {
const char* kind_name(Disturbance::Kind kind) {
  switch (kind) {
    case Disturbance::Kind::kNone: return "none";
    case Disturbance::Kind::kKillEarly: return "early";
    case Disturbance::Kind::kKillAnytime: return "anytime";
    case Disturbance::Kind::kKillLate: return "late";
    case Disturbance::Kind::kKillAtPoint: return "at a point";
    case Disturbance::Kind::kDrain: return "drain";
  }
  return "";
}

std::string Disturbance::text() const {
  const std::string when = " after " + std::to_string(after.count()) + " us";
  switch (kind) {
    case Kind::kNone: return "left alone";
    case Kind::kKillAtPoint: return "SIGKILL at " + point.text();
    case Kind::kDrain: return "SIGTERM" + when;
    case Kind::kKillEarly:
    case Kind::kKillAnytime:
    case Kind::kKillLate: break;
  }
  return std::string("SIGKILL (") + kind_name(kind) + ")" + when;
}

Disturbance draw(Random& random, const Mix& mix, Micros startup, Micros remaining) {
  using Kind = Disturbance::Kind;
  const double all = mix.early + mix.anytime + mix.late + mix.at_point + mix.drain;
  double left = random.unit() * all;
  Disturbance d;
  if ((left -= mix.early) < 0) {
    d.kind = Kind::kKillEarly;
    d.after = part_of(startup, 2 * random.unit());
  } else if ((left -= mix.anytime) < 0) {
    d.kind = Kind::kKillAnytime;
    d.after = startup + part_of(remaining, random.unit());
  } else if ((left -= mix.late) < 0) {
    d.kind = Kind::kKillLate;
    d.after = startup + part_of(remaining, 0.9 + 0.2 * random.unit());
  } else if ((left -= mix.at_point) < 0) {
    d.kind = Kind::kKillAtPoint;
    d.point.point = random.pick(points());
    d.point.count = 1 + static_cast<int>(random.below(6));
  } else {
    d.kind = Kind::kDrain;
    d.after = startup + part_of(remaining, random.unit());
  }
  return d;
}

}  // namespace streamhost::crash
