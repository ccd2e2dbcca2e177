#include "kafka/fault_trial.h"

#include <algorithm>
#include <atomic>
#include <csignal>

#include "cluster/loopback.h"
#include "cluster/runner.h"
#include "kafka/job.h"

namespace streamhost::kafka_test {
namespace {

using cluster_test::Clock;
using cluster_test::Millis;
using cluster_test::Operation;
using crash::Random;

// What takes longer than this hangs.
constexpr Millis kLimit{60'000};
// A run that is killed at random is so after this, at most; about as long as a run lasts.
constexpr size_t kRunMs = 1400;
constexpr int kInPartitions = 4;
constexpr int kOutPartitions = 3;

// One trial on its way. [one thread]
class FaultTrial {
 public:
  FaultTrial(RealBroker& broker, const FaultPlan& plan, FaultTally& tally)
      : broker_(broker),
        plan_(plan),
        tally_(tally),
        random_(plan.seed),
        job_(job_for(broker, plan)),
        network_(2, false),
        op_({job_.name, job_.manifest(), nullptr, {}, false}, network_,
            cluster_test::trial_limits()),
        input_(job_, plan.seed) {
    broker_.witness().create(job_.in(), kInPartitions);
    broker_.witness().create(job_.out(), kOutPartitions);
    op_.note("seed " + std::to_string(plan.seed));
  }

  FaultOutcome run() {
    ++tally_.trials;
    for (const std::string& point : plan_.points) {
      if (op_.failure()) break;
      if (!die_at(point)) outcome_.never_hit.push_back(point);
    }
    const int wanted = tally_.kills + plan_.kills;
    // A run may end before anything is done to it.
    for (int rounds = 0; tally_.kills < wanted && rounds < 5 * plan_.kills && !op_.failure();
         ++rounds) {
      disturb();
    }
    end();
    outcome_.failure = op_.failure();
    return outcome_;
  }

 private:
  // Trials of one program share brokers.
  static Counting job_for(const RealBroker& broker, const FaultPlan& plan) {
    static std::atomic<int> number{0};
    Counting job;
    job.name = "counting_" + std::to_string(plan.seed) + "_" + std::to_string(number++);
    job.brokers = broker.brokers();
    job.delivery = plan.delivery;
    return job;
  }

  // `many_epochs`: as short ones as there can be.
  void reshape(bool many_epochs = false) {
    cluster_test::Shape shape;
    const bool two = random_.chance(plan_.two_processes);
    shape.workers.assign(two ? 2 : 1, 1);
    for (int& workers : shape.workers) workers += static_cast<int>(random_.below(two ? 2 : 3));
    shape.epoch = many_epochs || random_.chance(0.5) ? "20ms" : "100ms";
    shape.slower = 1;
    op_.reshape(shape);
  }

  // Records for a run: some are there when it starts, others come while it runs.
  void feed() { input_.feed(100 + static_cast<int>(random_.below(500))); }

  size_t any_process() { return random_.below(op_.size()); }
  bool over() { return op_.all_ended(); }
  bool wait_until_over(Millis limit) {
    return op_.wait_until([this] { return over(); }, limit);
  }
  void let_run() { wait_until_over(Millis(random_.below(kRunMs))); }

  void kill(size_t process) {
    auto& member = op_.member(process);
    if (!member.is_running()) return;
    member.kill();
    ++tally_.kills;
    op_.note("process " + std::to_string(process) + " was killed");
  }
  void kill_all() {
    for (size_t i = 0; i < op_.size(); ++i) kill(i);
  }

  // Whether a process died at the point, which may be the last of several, "durable:2 resumed:1":
  // those are died at one after the other. One that did is running again, and the others have gone
  // back. `everywhere`: whichever process comes to it.
  bool die_at(const std::string& points, bool everywhere = false) {
    const size_t space = points.find(' ');
    const std::string point = points.substr(0, space);
    input_.feed(500);
    reshape(true);
    const size_t victim = any_process();
    for (size_t i = 0; i < op_.size(); ++i) {
      op_.start(i, everywhere || i == victim ? point : "");
    }
    const int before = op_.died_at_points();
    const auto died = [&] { return op_.died_at_points() > before; };
    if (!op_.wait_until([&] { return died() || over(); }, kLimit) && !op_.failure()) {
      op_.fail("the job hangs");
    }
    const bool yes = died();
    if (yes) {
      ++tally_.kills;
      ++tally_.at_point[point.substr(0, point.find(':'))];
    }
    if (yes && space != std::string::npos) {
      // It must not get far without dying at the next one.
      for (size_t i = 0; i < op_.size(); ++i) op_.member(i).kill();
      // What is left to settle is settled by one of them.
      return die_at(points.substr(space + 1), true);
    }
    finish_or_kill();
    return yes;
  }

  // Half of the runs that were disturbed go on to their end, the others do not get there.
  void finish_or_kill() {
    if (op_.failure()) return;
    if (random_.chance(0.5)) {
      let_run();
      if (!over()) kill_all();
    } else if (!wait_until_over(kLimit) && !op_.failure()) {
      op_.fail("the job hangs");
    }
  }

  void disturb() {
    double chance = random_.unit();
    if ((chance -= plan_.at_point) < 0) {
      die_at(way_to(random_.pick(kafka_points()), 1 + static_cast<int>(random_.below(4))));
      return;
    }
    feed();
    reshape();
    op_.start_all();
    feed();
    let_run();
    if (over() || op_.failure()) return;
    if ((chance -= plan_.drain) < 0) {
      // One that ends before it has met the others would let them wait.
      const auto met = [this] { return op_.size() == 1 || op_.all_together() || over(); };
      op_.wait_until(met, kLimit);
      op_.member(any_process()).signal(SIGTERM);
      op_.note("SIGTERM");
      ++tally_.drains;
      if (!wait_until_over(kLimit) && !op_.failure()) op_.fail("the drain hangs");
    } else if ((chance -= plan_.broker) < 0) {
      disturb_broker();
      if (op_.anybody_runs()) finish_or_kill();
    } else if (op_.size() > 1 && random_.chance(0.5)) {
      // One dies and comes back; the other goes back to the last epoch by itself.
      const size_t victim = any_process();
      op_.expect_latecomers(true);
      kill(victim);
      wait_until_over(Millis(random_.below(200)));
      if (!op_.failure()) op_.start(victim);
      finish_or_kill();
    } else {
      kill_all();
    }
  }

  void disturb_broker() {
    if (random_.chance(0.5)) {
      op_.note("the broker is killed");
      broker_.kill();
      // The job may die while there is no broker.
      if (random_.chance(0.3)) kill_all();
      broker_.start();
      ++tally_.broker_kills;
      op_.note("the broker is back");
    } else {
      op_.note("the broker is frozen");
      broker_.pause();
      wait_until_over(Millis(random_.below(2500)));
      if (random_.chance(0.3)) kill_all();
      broker_.go_on();
      ++tally_.broker_pauses;
      op_.note("the broker goes on");
    }
  }

  // Runs the job to its end and reads back.
  void end() {
    if (op_.failure()) return;
    feed();
    reshape();
    op_.start_all();
    if (!wait_until_over(kLimit) && !op_.failure()) op_.fail("the job hangs");
    if (op_.failure()) return;
    auto& witness = broker_.witness();
    // Readers of what is committed would have to wait behind it.
    const auto settled = [&] {
      return witness.ends(job_.out()) == witness.ends(job_.out(), Level::kUncommitted);
    };
    if (!eventually(settled, std::chrono::seconds(10))) op_.fail("a transaction is left open");
    outcome_.verdict = judge(input_.counts(), witness.read(job_.out()));
    for (const auto& [key, count] : input_.counts()) tally_.records += count;
    if (!outcome_.verdict.right() && plan_.delivery == "exactly_once") {
      op_.fail(outcome_.verdict.text());
    }
  }

  RealBroker& broker_;
  const FaultPlan& plan_;
  FaultTally& tally_;
  Random random_;
  const Counting job_;
  cluster_test::Loopback network_;
  Operation op_;
  CountingInput input_;
  FaultOutcome outcome_;
};

}  // namespace

const std::vector<std::string>& kafka_points() {
  static const std::vector<std::string> points = {
      "resumed",
      "recommitted",
      "barrier",
      "aligned",
      "prepared",
      "saved",
      "sealed",
      "durable",
      "part_committed",
      "committed",
      "final",
      // Of the sink: in the life of a transaction, then in settling what a run before has left.
      "kafka_begun",
      "kafka_delivered",
      "kafka_committing",
      "kafka_committed",
      "kafka_fenced",
      "kafka_produced_again",
      "kafka_committed_again",
  };
  return points;
}

std::string way_to(const std::string& point, int times) {
  const std::string last = point + ":" + std::to_string(times);
  const bool again = point == "kafka_produced_again" || point == "kafka_committed_again";
  // An epoch that is durable, and whose transaction was not committed.
  if (again) return "kafka_committing:2 " + last;
  const bool resumes = point == "resumed" || point == "recommitted" || point == "kafka_fenced";
  return resumes ? "durable:2 " + last : last;
}

void FaultTally::add(const FaultTally& other) {
  trials += other.trials;
  kills += other.kills;
  for (const auto& [point, times] : other.at_point) at_point[point] += times;
  drains += other.drains;
  broker_kills += other.broker_kills;
  broker_pauses += other.broker_pauses;
  records += other.records;
}

std::string FaultTally::text() const {
  std::string text = std::to_string(trials) + " trials, " + std::to_string(records) + " records, " +
                     std::to_string(kills) + " kills, " + std::to_string(drains) +
                     " drains, broker killed " + std::to_string(broker_kills) + " and frozen " +
                     std::to_string(broker_pauses) + " times\n";
  for (const auto& [point, times] : at_point) {
    text += "  died at " + point + ": " + std::to_string(times) + "\n";
  }
  return text;
}

std::string FaultOutcome::text() const {
  return failure ? *failure : verdict.right() ? "right" : verdict.text();
}

FaultOutcome fault_trial(RealBroker& broker, const FaultPlan& plan, FaultTally& tally) {
  return FaultTrial(broker, plan, tally).run();
}

}  // namespace streamhost::kafka_test
