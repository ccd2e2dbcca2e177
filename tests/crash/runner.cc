#include "crash/runner.h"

#include <algorithm>
#include <deque>

namespace streamhost::crash {
namespace {

// From the start of a process to the first record, about; what draw() aims at is not to be exact.
constexpr Micros kStartup{10'000};

std::optional<std::string> with_seed(const std::optional<std::string>& failure,
                                     const TrialOptions& options) {
  if (!failure) return std::nullopt;
  return "seed " + std::to_string(options.seed) + ", " + std::to_string(options.store_partitions) +
         " store partition(s): " + *failure;
}

}  // namespace

int Tally::all_kills() const {
  int sum = 0;
  for (const auto& [kind, count] : kills) sum += count;
  return sum;
}

void Tally::add(const Tally& other) {
  for (const auto& [kind, count] : other.kills) kills[kind] += count;
  for (const auto& [point, count] : other.at_point) at_point[point] += count;
  drains += other.drains;
  restarts += other.restarts;
  trials += other.trials;
  resumes_timed += other.resumes_timed;
  resume_time += other.resume_time;
}

CrashRunner::CrashRunner(const CrashJob& job, uint64_t seed) : job_(job) {
  Random random(seed);
  if (job.input) input_ = job.input(random);
  RunWith with;
  with.recovery = false;
  if (!run_undisturbed(with)) return;
  with.recovery = true;
  for (const int workers : {1, 2, 4}) {
    with.workers = workers;
    if (!run_undisturbed(with)) return;
  }
}

bool CrashRunner::run_undisturbed(const RunWith& with) {
  Trial trial(job_);
  append_part(input_, trial.folder(), 0, 1);
  if (trial.run({}, with) == Trial::End::kByItself) {
    const std::vector<std::string> outputs = read_outputs(job_, trial.folder());
    if (expected_.empty()) expected_ = outputs;
    if (const auto what = difference(job_, expected_, outputs)) {
      trial.fail("undisturbed, but with recovery, " + *what);
    }
    for (size_t i = 0; i < job_.outputs.size(); ++i) {
      const size_t lines = split_lines(outputs[i]).size(), want = line_count(input_);
      if ((lines == 0) != job_.outputs[i].nothing ||
          (job_.outputs[i].one_for_one && job_.input && lines != want)) {
        trial.fail("undisturbed, output " + job_.outputs[i].path + " has " + std::to_string(lines) +
                   " lines of " + std::to_string(want));
      }
    }
    lasts_[with.workers] = std::max(trial.last_took() - kStartup, kStartup);
  }
  failure_ = trial.failure();
  return !failure_;
}

Micros CrashRunner::lasts(int workers) const {
  const auto it = lasts_.find(workers);
  return it != lasts_.end() ? it->second : lasts_.rbegin()->second;
}

std::optional<std::string> CrashRunner::check(Trial& trial, const TrialOptions& options) const {
  if (const auto what = difference(job_, expected_, read_outputs(job_, trial.folder()))) {
    trial.fail(*what);
  }
  return with_seed(trial.failure(), options);
}

std::optional<std::string> CrashRunner::trial(const TrialOptions& options, Tally& tally) const {
  if (failure_) return failure_;
  Random random(options.seed);
  Trial trial(job_);
  ++tally.trials;
  int kills = 0;
  bool disturbed_before = false;
  for (size_t part = 0; part < options.parts; ++part) {
    append_part(input_, trial.folder(), part, options.parts);
    double remaining = 1.0 / static_cast<double>(options.parts);  // share of the whole
    bool ended = false;
    while (!ended) {
      RunWith with;
      with.workers = random.pick(options.workers);
      with.store_partitions = options.store_partitions;
      Disturbance disturbance;
      if (kills < options.max_kills) {
        disturbance = draw(random, options.mix, kStartup, part_of(lasts(with.workers), remaining));
      }
      if (disturbed_before) ++tally.restarts;
      const Trial::End end = trial.run(disturbance, with);
      if (end == Trial::End::kFailed) return with_seed(trial.failure(), options);
      ended = end == Trial::End::kByItself;
      disturbed_before = !ended;
      if (!ended && disturbance.is_kill()) {
        ++kills;
        ++tally.kills[kind_name(disturbance.kind)];
        if (disturbance.kind == Disturbance::Kind::kKillAtPoint) {
          ++tally.at_point[disturbance.point.point];
          if (disturbance.point.point == "resumed" && disturbance.point.count == 1) {
            ++tally.resumes_timed;
            tally.resume_time += trial.last_took();
          }
        }
      } else if (!ended) {
        ++tally.drains;
        ++kills;  // so that a trial ends
      }
      const Micros progress = std::max(trial.last_took() - kStartup, Micros(0));
      remaining -=
          static_cast<double>(progress.count()) / static_cast<double>(lasts(with.workers).count());
      remaining = std::max(remaining, 0.02);
    }
  }
  if (const auto failure = check(trial, options)) return failure;
  // Once more, with nothing new to read: nothing may change.
  if (random.chance(0.25)) {
    RunWith with;
    with.workers = random.pick(options.workers);
    with.store_partitions = options.store_partitions;
    trial.run({}, with);
    return check(trial, options);
  }
  return std::nullopt;
}

std::optional<std::string> CrashRunner::at_points(const std::vector<PointKill>& kills,
                                                  const TrialOptions& options, Tally& tally,
                                                  std::vector<PointKill>& never_hit) const {
  if (failure_) return failure_;
  Random random(options.seed);
  // Each with whether it is to begin on a store of its own.
  std::deque<std::pair<PointKill, bool>> left;
  for (const PointKill& kill : kills) left.emplace_back(kill, false);
  std::unique_ptr<Trial> trial;
  bool fresh = true;
  const auto run = [&](const Disturbance& disturbance) {
    RunWith with;
    with.workers = random.pick(options.workers);
    with.store_partitions = options.store_partitions;
    return trial->run(disturbance, with);
  };
  const auto begin = [&] {
    trial = std::make_unique<Trial>(job_);
    append_part(input_, trial->folder(), 0, 1);
    ++tally.trials;
    fresh = true;
  };
  begin();
  while (!left.empty()) {
    const auto [kill, alone] = left.front();
    left.pop_front();
    if (alone && !fresh) {
      ++tally.restarts;
      run({});
      if (const auto failure = check(*trial, options)) return failure;
      begin();
    }
    Disturbance disturbance;
    disturbance.kind = Disturbance::Kind::kKillAtPoint;
    disturbance.point = kill;
    if (alone && needs_resume(kill.point)) {  // something to resume first
      Disturbance first = disturbance;
      first.point = {"durable", 3};
      if (run(first) == Trial::End::kFailed) return with_seed(trial->failure(), options);
    }
    if (!fresh) ++tally.restarts;
    const Trial::End end = run(disturbance);
    if (end == Trial::End::kFailed) return with_seed(trial->failure(), options);
    if (end == Trial::End::kDisturbed) {
      fresh = false;
      ++tally.kills[kind_name(disturbance.kind)];
      ++tally.at_point[kill.point];
      if (kill.point == "resumed" && kill.count == 1) {
        ++tally.resumes_timed;
        tally.resume_time += trial->last_took();
      }
      continue;
    }
    if (const auto failure = check(*trial, options)) return failure;
    if (alone || (fresh && !needs_resume(kill.point))) {
      never_hit.push_back(kill);
    } else {
      left.emplace_back(kill, true);
    }
    begin();
  }
  if (!fresh) {
    ++tally.restarts;
    run({});
    return check(*trial, options);
  }
  return std::nullopt;
}

}  // namespace streamhost::crash
