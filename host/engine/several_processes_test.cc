// One job on several processes: here several engines in one process, which hear of each other only
// through their Members. tests/cluster does the same with real processes and sockets.
#include <gtest/gtest.h>

#include <random>

#include "cluster/testing/local_members.h"
#include "engine/agree.h"
#include "engine/reach.h"
#include "engine/testing/epoch_components.h"
#include "engine/testing/run_flow.h"
#include "support/process.h"

namespace streamhost {
namespace {

using namespace testing;  // NOLINT: the words of these tests
namespace parts = testing;
using cluster::testing::MemoryCluster;

// Runs one dataflow on as many processes as there are counts of workers. `make(process, workers)`
// gives the flow of a process; `meanwhile` is called while they run.
std::vector<Status> run_together(
    const std::vector<uint32_t>& workers,
    const std::function<Flow(uint32_t process, uint32_t workers)>& make,
    const std::function<void(MemoryCluster&)>& meanwhile = nullptr) {
  MemoryCluster cluster(workers);
  std::vector<Status> outcomes(workers.size());
  std::vector<std::thread> threads;
  for (uint32_t p = 0; p < workers.size(); ++p) {
    threads.emplace_back([&, p] {
      const Flow flow = make(p, workers[p]);
      Catalog catalog({}, host_table());
      auto engine = Engine::create(flow.flow(), catalog, quiet(), wall_now_us, &cluster.members(p));
      outcomes[p] = engine ? (*engine)->run() : engine.status();
    });
  }
  if (meanwhile) meanwhile(cluster);
  for (std::thread& thread : threads) thread.join();
  return outcomes;
}

class Together : public ::testing::TestWithParam<std::vector<uint32_t>> {};
INSTANTIATE_TEST_SUITE_P(Workers, Together,
                         ::testing::Values(std::vector<uint32_t>{1, 1},
                                           std::vector<uint32_t>{2, 1, 3},
                                           std::vector<uint32_t>{1, 1, 1, 1, 1}));

TEST_P(Together, EachKeyIsCountedInOnePlace) {
  for (const bool combines : {false, true}) {
    const auto collected = std::make_shared<Collected>();
    const sh_component* source = parts::source(keyed(100), plan(7, 3000));
    const sh_component* counter = parts::counter(combines);
    const sh_component* sink = parts::sink(collected);
    const auto outcomes = run_together(GetParam(), [&](uint32_t, uint32_t workers) {
      Flow flow(workers);
      flow.run().batch_size = 64;
      const auto s = flow.add("source", source);
      const auto c = flow.add("counts", counter, s);
      flow.add("sink", sink, c);
      return flow;
    });
    for (const Status& outcome : outcomes) EXPECT_TRUE(outcome) << outcome.message();
    const auto values = collected->sorted_values();
    ASSERT_EQ(values.size(), 100u);
    for (const std::string& value : values) EXPECT_TRUE(value.ends_with("=210")) << value;
  }
}

TEST_P(Together, ASinkWithOnePartitionIsWrittenInOnePlace) {
  const auto collected = std::make_shared<Collected>();
  SinkPlan sinks;
  sinks.partitions = 1;
  const sh_component* source = parts::source(keyed(100), plan(3, 2000));
  const sh_component* sink = parts::sink(collected, sinks);
  const auto outcomes = run_together(GetParam(), [&](uint32_t, uint32_t workers) {
    Flow flow(workers);
    const auto s = flow.add("source", source);
    flow.add("sink", sink, s);
    return flow;
  });
  for (const Status& outcome : outcomes) EXPECT_TRUE(outcome) << outcome.message();
  EXPECT_EQ(collected->count, 6000u);
  EXPECT_EQ(collected->opened, 1);
}

TEST(SeveralProcesses, ADrainOfOneDrainsAll) {
  const auto collected = std::make_shared<Collected>();
  std::atomic<uint64_t> produced{0};
  SourcePlan endless = plan(4, UINT64_MAX);
  endless.produced = &produced;
  const sh_component* source = parts::source(keyed(10), endless);
  const sh_component* counter = parts::counter(false);
  const sh_component* sink = parts::sink(collected);
  MemoryCluster cluster({1, 2});
  std::vector<Flow> flows;
  for (const uint32_t workers : {1u, 2u}) {
    Flow flow(workers);
    const auto s = flow.add("source", source);
    const auto c = flow.add("counts", counter, s);
    flow.add("sink", sink, c);
    flows.push_back(std::move(flow));
  }
  Catalog catalog({}, host_table());
  std::vector<std::unique_ptr<Engine>> engines(2);
  std::vector<Status> outcomes(2);
  std::vector<std::thread> threads;
  std::atomic<int> ready{0};
  for (uint32_t p = 0; p < 2; ++p) {
    threads.emplace_back([&, p] {
      auto engine =
          Engine::create(flows[p].flow(), catalog, quiet(), wall_now_us, &cluster.members(p));
      ASSERT_TRUE(engine) << engine.status().message();
      engines[p] = engine.take();
      ++ready;
      outcomes[p] = engines[p]->run();
    });
  }
  while (ready != 2 || produced < 10'000) std::this_thread::yield();
  engines[1]->drain();
  for (std::thread& thread : threads) thread.join();
  for (const Status& outcome : outcomes) EXPECT_TRUE(outcome) << outcome.message();
  uint64_t counted = 0;
  for (const std::string& value : collected->sorted_values()) {
    counted += std::stoull(value.substr(value.find('=') + 1));
  }
  EXPECT_EQ(counted, produced);
}

TEST(SeveralProcesses, AFailedStepFailsTheJobEverywhere) {
  const auto fault = std::make_shared<Fault>();
  fault->left = 500;
  const auto records = std::make_shared<std::atomic<uint64_t>>(100'000);
  const sh_component* source = parts::resumable_source(2, records, 10, fault);
  std::atomic<int64_t> alive{0};
  const sh_component* ledger = parts::ledger(fault, &alive, {});
  const auto collected = std::make_shared<Collected>();
  const sh_component* sink = parts::sink(collected);
  const auto outcomes = run_together({1, 1}, [&](uint32_t, uint32_t workers) {
    Flow flow(workers);
    const auto s = flow.add("source", source);
    const auto l = flow.add("ledger", ledger, s);
    flow.add("sink", sink, l);
    return flow;
  });
  for (const Status& outcome : outcomes) {
    EXPECT_EQ(outcome.code(), Code::kFailed);
    EXPECT_NE(outcome.message().find("the fault of the test"), std::string::npos)
        << outcome.message();
  }
}

TEST(SeveralProcesses, AMistakeThatOneFindsKeepsAllFromRunning) {
  const auto collected = std::make_shared<Collected>();
  const sh_component* source = parts::source(keyed(10), plan(2, 10));
  const sh_component* sink = parts::sink(collected);
  TempDir folder;
  const auto outcomes = run_together({1, 1}, [&](uint32_t process, uint32_t workers) {
    Flow flow(workers);
    flow.recovery().directory = process == 0 ? folder / "store" : "/dev/null/store";
    const auto s = flow.add("source", source);
    flow.add("sink", sink, s);
    return flow;
  });
  for (const Status& outcome : outcomes) {
    EXPECT_EQ(outcome.code(), Code::kRecovery);
    EXPECT_NE(outcome.message().find("/dev/null/store"), std::string::npos) << outcome.message();
  }
  EXPECT_NE(outcomes[0].message().find("process 1: "), std::string::npos);
  EXPECT_EQ(collected->count, 0u);
}

// "k3 1" .. "k3 N" for each key, as the ledger writes them.
std::vector<std::string> expected_ledger(uint32_t partitions, uint64_t records, uint64_t keys) {
  std::vector<std::string> lines;
  for (uint64_t i = 0; i < records; ++i) {
    for (uint32_t p = 0; p < partitions; ++p) {
      lines.push_back("k" + std::to_string(i % keys) + " " +
                      std::to_string(i / keys * partitions + p + 1));
    }
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

// A job with a store, run again and again on any number of processes.
struct StoredJob {
  TempDir folder;
  bool shared = true;  // one folder of the store for all; otherwise one for each
  std::shared_ptr<Fault> fault = std::make_shared<Fault>();
  std::shared_ptr<Disk> disk = std::make_shared<Disk>();
  std::shared_ptr<std::atomic<uint64_t>> records = std::make_shared<std::atomic<uint64_t>>(1000);
  std::atomic<int64_t> alive{0};
  LedgerPlan plan;
  const sh_component* source = parts::resumable_source(3, records, 50, fault);
  const sh_component* ledger = parts::ledger(fault, &alive, plan);
  const sh_component* sink = parts::disk_sink(disk, 2, fault);

  std::vector<Status> run(const std::vector<uint32_t>& workers,
                          const std::function<void(MemoryCluster&)>& meanwhile = nullptr) {
    return run_together(
        workers,
        [&](uint32_t process, uint32_t count) {
          Flow flow(count);
          flow.run().epoch_us = 1000;
          flow.run().batch_size = 64;
          flow.recovery().directory =
              folder / (shared ? "store" : "store" + std::to_string(process));
          flow.recovery().partitions = 3;
          const auto s = flow.add("source", source);
          const auto l = flow.add("ledger", ledger, s);
          flow.add("sink", sink, l);
          return flow;
        },
        meanwhile);
  }
};

class StoredTogether : public ::testing::TestWithParam<uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, StoredTogether, ::testing::Range(0U, 4U));

TEST_P(StoredTogether, GivesTheSameOutputHoweverOftenOneFailedAndWhoeverGoesOn) {
  StoredJob job;
  std::mt19937 random(GetParam());
  int failures = 0;
  for (int run = 0;; ++run) {
    ASSERT_LT(run, 200);
    job.fault->left = run < 12 ? 1 + static_cast<int64_t>(random() % 800) : INT64_MAX;
    std::vector<uint32_t> workers(1 + random() % 3);
    for (uint32_t& count : workers) count = 1 + random() % 2;
    const auto outcomes = job.run(workers);
    EXPECT_EQ(job.alive, 0) << "states that were never dropped, or twice";
    if (std::all_of(outcomes.begin(), outcomes.end(), [](const Status& s) { return s.is_ok(); })) {
      break;
    }
    ++failures;
    for (const Status& outcome : outcomes) {
      EXPECT_NE(outcome.message().find("the fault of the test"), std::string::npos)
          << outcome.message();
    }
  }
  EXPECT_GT(failures, 1);
  EXPECT_EQ(job.disk->sorted(), expected_ledger(3, 1000, 50));
}

TEST_P(StoredTogether, GoesOnFromTheLastEpochWhenAProcessWasLost) {
  StoredJob job;
  job.shared = GetParam() % 2 == 0;
  *job.records = 3000;
  std::mt19937 random(GetParam());
  int lost = 0;
  for (int run = 0;; ++run) {
    ASSERT_LT(run, 100);
    const auto outcomes = job.run({2, 1, 1}, [&](MemoryCluster& cluster) {
      if (run >= 8) return;
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 30'000));
      cluster.lose(static_cast<uint32_t>(random() % 3));
    });
    EXPECT_EQ(job.alive, 0);
    if (std::all_of(outcomes.begin(), outcomes.end(), [](const Status& s) { return s.is_ok(); })) {
      break;
    }
    ++lost;
    for (const Status& outcome : outcomes) {
      EXPECT_TRUE(outcome || outcome.code() == Code::kLost) << outcome.message();
    }
  }
  EXPECT_GT(lost, 0);
  EXPECT_EQ(job.disk->sorted(), expected_ledger(3, 3000, 50));
}

TEST(SeveralProcesses, StatesOfManyKeysReachTheirNewOwners) {
  StoredJob job;
  job.source = parts::resumable_source(3, job.records, 20'000, job.fault);
  *job.records = 20'000;
  for (const Status& outcome : job.run({1, 1, 1})) ASSERT_TRUE(outcome) << outcome.message();
  *job.records = 40'000;
  for (const Status& outcome : job.run({3, 2})) ASSERT_TRUE(outcome) << outcome.message();
  EXPECT_EQ(job.disk->sorted(), expected_ledger(3, 40'000, 20'000));
}

TEST(Reach, PartitionsGoToProcessesThatHaveThem) {
  const Topology topology({2, 1}, 0);
  const Reached all = merge_reach({{"a", "b"}, {"a", "b"}});
  EXPECT_TRUE(all.alike);
  EXPECT_EQ(deal(all.partitions[0], 0, 0, topology), 0u);
  EXPECT_EQ(deal(all.partitions[1], 1, 0, topology), 1u);
  EXPECT_EQ(deal(all.partitions[1], 1, 1, topology), 2u);
  const Reached own = merge_reach({{"a"}, {"b", "c"}});
  EXPECT_FALSE(own.alike);
  ASSERT_EQ(own.partitions.size(), 3u);
  EXPECT_EQ(deal(own.partitions[1], 1, 0, topology), 2u);
  EXPECT_EQ(deal(own.partitions[2], 2, 5, topology), 2u);
}

TEST(Agreement, GivesWhatEachHasBroughtOrTheFailureOfAny) {
  MemoryCluster cluster({1, 1});
  Result<std::vector<std::string>> first = Status::failed("not yet"), failed = first;
  std::thread other([&] {
    EXPECT_TRUE(agree(&cluster.members(1), std::string("b")));
    EXPECT_EQ(agree(&cluster.members(1), Status::usage("a mistake")).status().message(),
              "a mistake");
  });
  first = agree(&cluster.members(0), std::string("a"));
  failed = agree(&cluster.members(0), std::string("a"));
  other.join();
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(failed.status().code(), Code::kUsage);
  EXPECT_EQ(failed.status().message(), "process 1: a mistake");
}

// Two or three processes whose news arrive in every order that connections allow.
TEST(EpochsTogether, AllAgreeOnEveryStageInWhateverOrderNewsCome) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    constexpr uint32_t kProcesses = 3;
    struct Post {
      uint32_t to;
      EpochNews news;
    };
    std::vector<std::deque<Post>> lanes(kProcesses * kProcesses);
    std::vector<std::unique_ptr<Epochs>> epochs;
    std::vector<std::vector<uint64_t>> sealed(kProcesses);
    std::vector<std::vector<uint64_t>> durable(kProcesses);
    for (uint32_t p = 0; p < kProcesses; ++p) {
      Epochs::Hooks hooks;
      hooks.changed = [] {};
      hooks.sealed = [&, p](uint64_t epoch, const std::vector<uint32_t>& cleared) {
        EXPECT_EQ(cleared, (std::vector<uint32_t>{0, 1, 2}));
        sealed[p].push_back(epoch);
      };
      hooks.durable = [&, p](uint64_t epoch) { durable[p].push_back(epoch); };
      hooks.tell = [&, p](const EpochNews& news) {
        for (uint32_t to = 0; to < kProcesses; ++to) {
          if (to != p) lanes[p * kProcesses + to].push_back({to, news});
        }
      };
      epochs.push_back(
          std::make_unique<Epochs>(1, 1, 0, std::move(hooks), Epochs::Place{p, kProcesses}));
      epochs[p]->start(0);
    }
    struct Worker {
      uint64_t epoch = 0, stored = 0, done = 0;
      bool ended = false;
    };
    std::vector<Worker> workers(kProcesses);
    int steps = 0;
    const auto over = [&] {
      return std::all_of(epochs.begin(), epochs.end(), [](const auto& e) { return e->over(); });
    };
    for (; !over(); ++steps) {
      ASSERT_LT(steps, 100'000) << seed;
      const auto p = static_cast<uint32_t>(random() % kProcesses);
      Worker& w = workers[p];
      Epochs& e = *epochs[p];
      switch (random() % 6) {
        case 0: {
          auto& lane = lanes[p * kProcesses + random() % kProcesses];
          if (lane.empty()) break;
          const Post post = lane.front();
          lane.pop_front();
          epochs[post.to]->heard(post.news);
          break;
        }
        case 1:
          if (p == 0) e.tick(INT64_MAX - 1);
          break;
        case 2:
          if (!w.ended && random() % 20 == 0) {
            w.ended = true;
            e.sources_ended();
          }
          break;
        case 3:
          if (e.asked() <= w.epoch) break;
          ASSERT_EQ(e.asked(), w.epoch + 1);
          w.epoch = e.asked();
          e.saved({p});
          break;
        case 4:
          if (sealed[p].empty() || sealed[p].back() == w.stored) break;
          w.stored = sealed[p].back();
          e.set_durable(w.stored);
          break;
        case 5:
          if (e.durable() <= w.done) break;
          for (const Worker& other : workers) ASSERT_GE(other.stored, e.durable());
          w.done = e.durable();
          e.committed_here();
          break;
      }
    }
    for (uint32_t p = 1; p < kProcesses; ++p) {
      EXPECT_EQ(sealed[p], sealed[0]);
      EXPECT_EQ(durable[p], durable[0]);
      EXPECT_EQ(epochs[p]->committed(), epochs[0]->committed());
    }
  }
}

}  // namespace
}  // namespace streamhost
