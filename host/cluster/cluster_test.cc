#include "cluster/cluster.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "cluster/testing/local_cluster.h"

namespace streamhost::cluster {
namespace {

using testing::FakeProcess;
using testing::Joined;
using testing::LocalCluster;

constexpr int64_t kSecond = 1'000'000;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string error_of(const ClusterPlan& plan) {
  const auto started = Cluster::start(plan, std::make_shared<spdlog::logger>("test"));
  EXPECT_FALSE(started);
  return started.status().message();
}

class Sizes : public ::testing::TestWithParam<uint32_t> {};

TEST_P(Sizes, AllJoin) {
  LocalCluster cluster(GetParam());
  cluster.start_all();
  for (int round = 0; round < 3; ++round) {
    const auto all = cluster.members();
    for (const auto& members : all) {
      ASSERT_NE(members, nullptr);
      EXPECT_EQ(members->workers().size(), GetParam());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cluster, Sizes, ::testing::Values(2, 3, 5));

TEST(Cluster, TheOrderInWhichTheyStartDoesNotMatter) {
  LocalCluster cluster(3);
  std::vector<std::future<Joined>> joining;
  for (const uint32_t i : {2u, 0u, 1u}) {
    cluster.start(i);
    joining.push_back(std::async(std::launch::async, [&, i] { return cluster.at(i).join(); }));
    // It is known to wait before the next one starts.
    if (i != 1) {
      EXPECT_TRUE(cluster.log(i).wait_for("waiting for process"));
    }
  }
  std::vector<std::unique_ptr<Members>> all;
  for (auto& one : joining) {
    auto joined = one.get();
    ASSERT_TRUE(joined) << joined.status().message();
    all.push_back(joined.take());
  }
}

TEST(Cluster, ProcessesThatComeAndGoJoinInTheEnd) {
  // Each is ended and started again at random while others connect; then all stay.
  LocalCluster cluster(4, [](uint32_t, ClusterPlan& plan) { plan.settings.timeout_us = kSecond; });
  std::vector<std::thread> threads;
  std::vector<std::unique_ptr<Members>> all(4);
  for (uint32_t i = 0; i < 4; ++i) {
    threads.emplace_back([&cluster, &all, i] {
      std::mt19937 random(i);
      for (int round = 0; round < 5; ++round) {
        Cluster& one = cluster.start(i);
        auto joining = std::async(std::launch::async, [&one] { return one.join(); });
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 300));
        one.stop();
        const Joined joined = joining.get();
        cluster.end(i);
      }
      Cluster& last = cluster.start(i);
      // An attempt may begin with one that is about to end, and is lost with it then.
      for (;;) {
        Joined joined = last.join();
        ASSERT_TRUE(joined) << joined.status().message();
        const auto gathered = (*joined)->gather(std::to_string(i));
        if (!gathered) continue;
        EXPECT_EQ(*gathered, (std::vector<std::string>{"0", "1", "2", "3"}));
        all[i] = joined.take();
        return;
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(Cluster, OneThatIsStartedAgainIsTakenForLostAtOnce) {
  LocalCluster cluster(3);
  cluster.start_all();
  auto all = cluster.members();
  // Its old connections are still there: a host that broke down cannot close them.
  FakeProcess fake(cluster.port(0));
  EXPECT_FALSE(fake.join(cluster.plan(2), 4711, 0)) << "it has to begin anew, and so has the other";
  EXPECT_FALSE(all[0]->gather("x"));
  EXPECT_TRUE(
      contains(all[0]->outcome().message(), all[0]->name(2) + " was lost: it has begun anew"))
      << all[0]->outcome().message();
  EXPECT_FALSE(all[1]->gather("x"));
  EXPECT_EQ(all[1]->outcome().message(), all[0]->outcome().message());
  all.clear();
  EXPECT_EQ(cluster.members().size(), 3u);
}

TEST(Cluster, WhoIsThereAlreadyCannotComeAgain) {
  LocalCluster cluster(2);
  cluster.start(0);
  auto joining = std::async(std::launch::async, [&] { return cluster.at(0).join(); });
  FakeProcess first(cluster.port(0));
  ASSERT_TRUE(first.join(cluster.plan(1), 4711, 0));
  const uint64_t ids[] = {first.attempt_of_other(), 4711};
  first.send(FrameType::kGather, 0, {reinterpret_cast<const char*>(ids), sizeof ids});
  auto joined = joining.get();
  ASSERT_TRUE(joined);
  FakeProcess second(cluster.port(0));
  EXPECT_FALSE(second.join(cluster.plan(1), 4711, 0));
  EXPECT_TRUE((*joined)->outcome());
  EXPECT_TRUE(cluster.log(0).wait_for("which is there already"));
}

TEST(Cluster, AProcessThatDisagreesAboutWhoIsThereRunsNothing) {
  LocalCluster cluster(2);
  cluster.start(0);
  auto joining = std::async(std::launch::async, [&] { return cluster.at(0).join(); });
  FakeProcess fake(cluster.port(0));
  ASSERT_TRUE(fake.join(cluster.plan(1), 4711, 0));
  const uint64_t ids[] = {fake.attempt_of_other() + 1, 4711};
  fake.send(FrameType::kGather, 0, {reinterpret_cast<const char*>(ids), sizeof ids});
  EXPECT_TRUE(fake.is_closed_within(60));
  // It goes on waiting, under another id.
  FakeProcess again(cluster.port(0));
  ASSERT_TRUE(again.join(cluster.plan(1), 4712, 0));
  EXPECT_NE(again.attempt_of_other(), fake.attempt_of_other());
  cluster.at(0).stop();
  EXPECT_EQ(joining.get().status().code(), Code::kStopped);
}

TEST(Cluster, AnotherManifestIsRefusedOnBothSides) {
  LocalCluster cluster(2, [](uint32_t process, ClusterPlan& plan) {
    if (process == 1) plan.identity.fingerprint["[operator.words] lowercase"] = "false";
  });
  cluster.start_all();
  const auto all = cluster.join_all();
  for (uint32_t i = 0; i < 2; ++i) {
    ASSERT_FALSE(all[i]);
    EXPECT_EQ(all[i].status().code(), Code::kUsage);
    const std::string other = "process " + std::to_string(1 - i);
    EXPECT_TRUE(contains(all[i].status().message(), other)) << all[i].status().message();
    EXPECT_TRUE(contains(all[i].status().message(), "[operator.words] lowercase"))
        << all[i].status().message();
  }
}

TEST(Cluster, AWrongTokenEndsOnlyTheJoinOfTheOneThatHasIt) {
  LocalCluster cluster(2, [](uint32_t process, ClusterPlan& plan) {
    plan.settings.token = process == 0 ? "correct horse" : "battery staple";
  });
  cluster.start_all();
  auto waiting = std::async(std::launch::async, [&] { return cluster.at(0).join(); });
  const auto refused = cluster.at(1).join();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.status().code(), Code::kUsage);
  EXPECT_TRUE(contains(refused.status().message(), "token")) << refused.status().message();
  EXPECT_TRUE(cluster.log(0).wait_for("its token is not the one of this process"));
  cluster.end(1);
  // Whoever it was, the right one is still let in.
  cluster.plan(1).settings.token = "correct horse";
  cluster.start(1);
  auto joined = cluster.at(1).join();
  EXPECT_TRUE(joined) << joined.status().message();
  auto waited = waiting.get();
  EXPECT_TRUE(waited) << waited.status().message();
}

TEST(Cluster, NoTokenWhereThereIsOneIsRefused) {
  LocalCluster cluster(2, [](uint32_t process, ClusterPlan& plan) {
    if (process == 0) plan.settings.token = "correct horse";
  });
  cluster.start_all();
  auto waiting = std::async(std::launch::async, [&] { return cluster.at(0).join(); });
  const auto refused = cluster.at(1).join();
  ASSERT_FALSE(refused);
  EXPECT_TRUE(contains(refused.status().message(), "token")) << refused.status().message();
  cluster.at(0).stop();
  EXPECT_EQ(waiting.get().status().code(), Code::kStopped);
}

TEST(Cluster, PlainAndOpenIsForLoopbackOnly) {
  LocalCluster cluster(2);
  ClusterPlan plan = cluster.plan(0);
  plan.settings.listen = "0.0.0.0:" + std::to_string(cluster.port(0));
  const std::string error = error_of(plan);
  EXPECT_TRUE(contains(error, "insecure = true") && contains(error, "tls = {") &&
              contains(error, "token = \"${file:"))
      << error;
  for (const int allowed : {0, 1}) {
    ClusterPlan good = plan;
    if (allowed == 0) good.settings.insecure = true;
    if (allowed == 1) good.settings.token = "secret";
    const auto started = Cluster::start(good, std::make_shared<spdlog::logger>("test"));
    EXPECT_TRUE(started) << started.status().message();
  }
}

TEST(Cluster, APortThatIsTakenIsNamed) {
  LocalCluster cluster(2);
  cluster.start(0);
  EXPECT_EQ(error_of(cluster.plan(0)),
            "cannot listen on 127.0.0.1:" + std::to_string(cluster.port(0)) +
                ": somebody listens on 127.0.0.1:" + std::to_string(cluster.port(0)) + " already");
}

TEST(Cluster, AnAddressOfAnotherHostCannotBeListenedOn) {
  LocalCluster cluster(2);
  ClusterPlan plan = cluster.plan(0);
  plan.addresses[0] = "192.0.2.1:2101";
  EXPECT_TRUE(contains(error_of(plan), "listen = \"0.0.0.0:2101\"")) << error_of(plan);
  plan.addresses[0] = "no-such-host.invalid:2101";
  EXPECT_TRUE(contains(error_of(plan), "cannot find out the address of no-such-host.invalid"))
      << error_of(plan);
}

TEST(Cluster, WhoWasMissingIsNamedWhenTheWaitIsOver) {
  LocalCluster cluster(4, [](uint32_t, ClusterPlan& plan) {
    plan.settings.wait_us = 2 * kSecond;
    plan.addresses[0] = "no-such-host.invalid:2101";
  });
  cluster.start(2);
  const auto joined = cluster.at(2).join();
  ASSERT_FALSE(joined);
  EXPECT_EQ(joined.status().code(), Code::kFailed);
  const std::string& message = joined.status().message();
  EXPECT_TRUE(contains(message, "within 2s")) << message;
  EXPECT_TRUE(contains(message, "process 0 (no-such-host.invalid:2101): cannot find out"))
      << message;
  EXPECT_TRUE(contains(message, "process 1 (127.0.0.1:" + std::to_string(cluster.port(1)) +
                                    "): nobody listens there"))
      << message;
  EXPECT_TRUE(contains(message, "which has not called")) << message;
  EXPECT_TRUE(cluster.log(2).wait_for("waiting for process 0"));
}

TEST(Cluster, WhoGivesUpLetsTheOthersWait) {
  LocalCluster cluster(3, [](uint32_t process, ClusterPlan& plan) {
    if (process == 1) plan.settings.wait_us = kSecond;
  });
  cluster.start_all();
  auto patient = std::async(std::launch::async, [&] { return cluster.at(0).join(); });
  EXPECT_FALSE(cluster.at(1).join()) << "the third one does not join yet";
  auto others = std::async(std::launch::async, [&] { return cluster.join({1, 2}); });
  const auto first = patient.get();
  EXPECT_TRUE(first) << first.status().message();
  for (const auto& joined : others.get()) EXPECT_TRUE(joined) << joined.status().message();
}

TEST(Cluster, StopEndsJoin) {
  LocalCluster cluster(2);
  cluster.start_all();
  auto joining = std::async(std::launch::async, [&] { return cluster.at(1).join(); });
  ASSERT_TRUE(cluster.log(1).wait_for("waiting for process 0"));
  cluster.at(1).stop();
  EXPECT_EQ(joining.get().status().code(), Code::kStopped);
  EXPECT_EQ(cluster.at(1).join().status().code(), Code::kStopped) << "later, too";
}

}  // namespace
}  // namespace streamhost::cluster
