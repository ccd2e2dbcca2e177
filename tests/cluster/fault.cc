#include "cluster/fault.h"

#include <algorithm>
#include <csignal>

#include "crash/points.h"

namespace streamhost::cluster_test {
namespace {

// The next start of whoever was killed comes so soon, at most.
constexpr size_t kRestartMs = 300;
// Somebody who is not lost is not lost any more so long after a short disturbance.
constexpr Millis kSettle{250};
constexpr Millis kDrainLimit{20000};

}  // namespace

const std::vector<Fault>& all_faults() {
  static const std::vector<Fault> all = {
      Fault::kKill,        Fault::kKillAtPoint, Fault::kKillTwo,   Fault::kKillJoining,
      Fault::kKillAll,     Fault::kDrain,       Fault::kStopShort, Fault::kStopLong,
      Fault::kStopAndKill, Fault::kReset,       Fault::kCutShort,  Fault::kCutLong,
      Fault::kCutOffLong,  Fault::kOneWayLong,  Fault::kDelay,
  };
  return all;
}

const char* name_of(Fault fault) {
  switch (fault) {
    case Fault::kKill: return "kill";
    case Fault::kKillAtPoint: return "kill, then at a point";
    case Fault::kKillTwo: return "kill two";
    case Fault::kKillJoining: return "kill while joining";
    case Fault::kKillAll: return "kill all, rescale";
    case Fault::kDrain: return "drain, rescale";
    case Fault::kStopShort: return "stop short";
    case Fault::kStopLong: return "stop long";
    case Fault::kStopAndKill: return "stop one, kill another";
    case Fault::kReset: return "reset";
    case Fault::kCutShort: return "cut short";
    case Fault::kCutLong: return "cut long";
    case Fault::kCutOffLong: return "cut off long";
    case Fault::kOneWayLong: return "one way long";
    case Fault::kDelay: return "delay";
  }
  return "";
}

bool needs_relays(Fault fault) { return fault >= Fault::kReset; }

bool loses_somebody(Fault fault) {
  return fault != Fault::kStopShort && fault != Fault::kCutShort && fault != Fault::kDelay;
}

size_t Disturber::anybody_but(size_t process) {
  const size_t other = random_.below(op_.size() - 1);
  return other < process ? other : other + 1;
}

Millis Disturber::between(double from, double to) {
  const auto timeout = static_cast<double>(op_.limits().timeout.count());
  return Millis(static_cast<Millis::rep>(timeout * (from + (to - from) * random_.unit())));
}

void Disturber::pause(Millis time) {
  op_.wait_until([] { return false; }, time);
}

bool Disturber::apply(Fault fault) {
  if (needs_relays(fault) && !network_.has_relays()) return false;
  bool hit = false;
  switch (fault) {
    case Fault::kKill:
    case Fault::kKillAtPoint: {
      const size_t process = anybody();
      hit = kill(process);
      start_again(process, fault == Fault::kKillAtPoint ? draw_point() : "");
      break;
    }
    case Fault::kKillTwo: {
      const size_t one = anybody(), other = anybody_but(one);
      hit = kill(one);
      hit = kill(other) || hit;
      start_again(other);
      start_again(one);
      break;
    }
    case Fault::kKillJoining: {
      const size_t one = anybody(), other = anybody();
      hit = kill(one);
      start_again(one);
      pause(Millis(random_.below(150)));
      hit = kill(other) && hit;
      start_again(other);
      break;
    }
    case Fault::kKillAll: hit = kill_all(); break;
    case Fault::kDrain: hit = drain(); break;
    case Fault::kStopShort:
    case Fault::kStopLong: hit = stop(fault); break;
    case Fault::kStopAndKill: hit = stop_and_kill(); break;
    case Fault::kReset:
    case Fault::kCutShort:
    case Fault::kCutLong:
    case Fault::kCutOffLong:
    case Fault::kOneWayLong:
    case Fault::kDelay: hit = disturb_network(fault); break;
  }
  undone_at_ = Clock::now();
  return hit;
}

bool Disturber::kill(size_t process) {
  op_.expect_latecomers(true);
  op_.note("SIGKILL to process " + std::to_string(process));
  op_.member(process).kill();
  return op_.member(process).status() == 128 + SIGKILL;
}

void Disturber::start_again(size_t process, const std::string& point) {
  pause(Millis(random_.below(kRestartMs)));
  // Somebody who was started with a point may be here again by itself.
  if (!op_.member(process).is_running()) op_.start(process, point);
}

bool Disturber::kill_all() {
  bool hit = false;
  op_.note("SIGKILL to all");
  for (size_t i = 0; i < op_.size(); ++i) {
    op_.member(i).kill();
    hit = op_.member(i).status() == 128 + SIGKILL || hit;
  }
  go_on_in_another_shape();
  return hit;
}

bool Disturber::drain() {
  // Who is not with the others ends alone, and those who have lost somebody cannot end in order.
  if (op_.anybody_armed() || !op_.all_together()) return false;
  const size_t process = anybody();
  op_.expect_latecomers(false);
  op_.note("SIGTERM to process " + std::to_string(process));
  op_.member(process).signal(SIGTERM);
  if (!op_.wait_until([this] { return op_.all_ended(); }, kDrainLimit)) {
    op_.fail("SIGTERM to one does not end all");
    return true;
  }
  go_on_in_another_shape();
  return true;
}

void Disturber::go_on_in_another_shape() {
  op_.reshape(draw_shape());
  op_.expect_latecomers(true);
  op_.start_all();
}

Shape Disturber::draw_shape() {
  static const std::vector<size_t> sizes = {2, 3, 5};
  Shape shape;
  size_t size = random_.pick(sizes);
  if (size > network_.size()) size = network_.size();
  shape.workers.clear();
  for (size_t i = 0; i < size; ++i) shape.workers.push_back(1 + static_cast<int>(random_.below(2)));
  shape.epoch = random_.chance(0.5) ? "20ms" : "100ms";
  shape.separate = random_.chance(0.5);
  shape.store_partitions = 1 + static_cast<int>(random_.below(4));
  if (!first_) first_ = shape;
  shape.separate = first_->separate;
  shape.store_partitions = first_->store_partitions;
  return shape;
}

std::string Disturber::draw_point() {
  return crash::PointKill{random_.pick(crash::points()), 1 + static_cast<int>(random_.below(5))}
      .text();
}

bool Disturber::stop(Fault fault) {
  const size_t process = anybody();
  Member& member = op_.member(process);
  if (!member.is_running()) return false;
  op_.expect_latecomers(true);
  op_.note("SIGSTOP to process " + std::to_string(process));
  member.signal(SIGSTOP);
  if (fault == Fault::kStopShort) {
    last_short([&member] { member.signal(SIGCONT); });
    return true;
  }
  last_long(process);
  op_.note("SIGCONT");
  member.signal(SIGCONT);
  return true;
}

bool Disturber::stop_and_kill() {
  const size_t stopped = anybody(), killed = anybody_but(stopped);
  if (!op_.member(stopped).is_running()) return false;
  op_.note("SIGSTOP to process " + std::to_string(stopped));
  op_.member(stopped).signal(SIGSTOP);
  pause(between(0.1, 0.9));
  const bool hit = kill(killed);
  start_again(killed);
  pause(between(0.0, 1.2));
  op_.note("SIGCONT");
  op_.member(stopped).signal(SIGCONT);
  return hit;
}

bool Disturber::disturb_network(Fault fault) {
  if (!op_.anybody_runs()) return false;
  op_.expect_latecomers(true);
  const size_t a = anybody(), b = anybody_but(a);
  const std::string pair = std::to_string(a) + " and " + std::to_string(b);
  switch (fault) {
    case Fault::kReset: {
      op_.note("the connection of " + pair + " is reset");
      const std::vector<int> before = look();
      network_.reset(a, b);
      expect_noticed(before, std::nullopt);
      return true;
    }
    case Fault::kDelay:
      op_.note("a delay");
      network_.delay(std::chrono::milliseconds(1 + random_.below(40)));
      last_short([this] { network_.mend(); });
      return true;
    case Fault::kCutShort:
      op_.note("nothing between " + pair);
      network_.cut(a, b);
      last_short([this] { network_.mend(); });
      return true;
    case Fault::kCutLong:
      op_.note("nothing between " + pair);
      network_.cut(a, b);
      break;
    case Fault::kCutOffLong:
      op_.note("nothing to or from " + std::to_string(a));
      network_.cut_off(a);
      break;
    default:
      op_.note("nothing from " + std::to_string(a) + " to " + std::to_string(b));
      network_.cut_one_way(a, b);
  }
  last_long(std::nullopt);
  op_.note("mended");
  network_.mend();
  return true;
}

void Disturber::last_short(const std::function<void()>& undo) {
  const std::vector<int> before = look();
  pause(between(0.1, 0.5));
  op_.note("that is over");
  undo();
  pause(kSettle);
  for (size_t i = 0; i < before.size(); ++i) {
    if (op_.member(i).went_back() > before[i]) op_.fail("somebody was lost who was back in time");
  }
}

void Disturber::last_long(std::optional<size_t> hit) {
  const std::vector<int> before = look();
  pause(between(1.5, 2.5));
  expect_noticed(before, hit);
}

std::vector<int> Disturber::look() const {
  if (!op_.all_together() || op_.anybody_armed()) return {};
  std::vector<int> before;
  for (size_t i = 0; i < op_.size(); ++i) before.push_back(op_.member(i).went_back());
  return before;
}

void Disturber::expect_noticed(const std::vector<int>& before, std::optional<size_t> hit) {
  const auto noticed = [&] {
    for (size_t i = 0; i < before.size(); ++i) {
      Member& member = op_.member(i);
      // Who had ended, at the end of the job, and was started again is not with the others yet.
      const bool knows = member.went_back() > before[i] || !member.is_together();
      if (i != hit && member.is_running() && !knows) return false;
    }
    return true;
  };
  if (!op_.wait_until(noticed, 5 * op_.limits().timeout) && !op_.failure()) {
    op_.fail("it was not noticed that somebody is lost");
  }
}

}  // namespace streamhost::cluster_test
