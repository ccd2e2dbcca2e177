// The same with real cables: processes in network namespaces.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "cluster/namespaces.h"
#include "cluster/runner.h"

namespace streamhost::cluster_test {
namespace {

class Cables : public ::testing::Test {
 protected:
  // A job on three processes in as many namespaces, at work; null when there can be none.
  void begin(const std::string& job) {
    if (const auto why = Namespaces::missing()) {
      std::printf("NOT CHECKED: no network namespaces can be made here: %s\n", why->c_str());
      GTEST_SKIP();
    }
    runner_ = std::make_unique<ClusterRunner>(crash::job_named(job), 1);
    ASSERT_FALSE(runner_->failure()) << *runner_->failure();
    network_ = std::make_unique<Namespaces>(3);
    // A lost packet is sent again after 200 ms, then 400: what is short must be much shorter.
    Limits limits = trial_limits();
    limits.timeout *= 2;
    // Not on loopback, so there has to be a token.
    op_ = std::make_unique<Operation>(runner_->job(), *network_, limits,
                                      "token = \"known to these only\"\n");
    crash::append_part(runner_->input(), op_->folder(), 0, 1);
    Shape shape;
    shape.workers = {1, 2, 1};
    shape.separate = true;
    shape.store_partitions = 3;
    shape.slower = 12;
    op_->reshape(shape);
    op_->expect_latecomers(true);
    op_->start_all();
    ASSERT_TRUE(wait_until_together());
  }
  void TearDown() override {
    if (op_ == nullptr || IsSkipped()) return;
    network_->mend();
    runner_->expect_right(*op_);
    if (HasFailure()) op_->fail("what is said above");
    if (op_->failure()) ADD_FAILURE() << *op_->failure();
  }

  bool wait_until_together() {
    return wait_until([this] { return op_->all_together(); });
  }
  bool wait_until(const std::function<bool()>& condition) {
    const bool came = op_->wait_until(condition, Millis(40'000));
    if (!came) op_->fail("what was waited for does not come");
    return came;
  }
  // Waits until all have gone back since that was written down. (Nobody is near the end of its
  // job.)
  bool all_went_back(const std::vector<int>& before) {
    return wait_until([&] {
      for (size_t i = 0; i < op_->size(); ++i) {
        if (op_->member(i).went_back() <= before[i]) return false;
      }
      return true;
    });
  }
  std::vector<int> went_back() {
    std::vector<int> all;
    for (size_t i = 0; i < op_->size(); ++i) all.push_back(op_->member(i).went_back());
    return all;
  }
  void pause(double timeouts) {
    op_->wait_until([] { return false; },
                    Millis(static_cast<Millis::rep>(
                        timeouts * static_cast<double>(op_->limits().timeout.count()))));
  }

  std::unique_ptr<ClusterRunner> runner_;
  std::unique_ptr<Namespaces> network_;
  std::unique_ptr<Operation> op_;
};

TEST_F(Cables, NobodyIsLostWhileNothingGetsThroughForAShortTime) {
  begin("running_two_phase");
  if (HasFatalFailure() || IsSkipped()) return;
  const auto before = went_back();
  for (int i = 0; i < 3; ++i) {
    network_->cut(0, 1);
    pause(0.1);
    network_->uncut(0, 1);
    pause(0.4);
  }
  EXPECT_EQ(went_back(), before);
}

TEST_F(Cables, OneWhoIsCutOffJoinsTheOthersByItselfWhenItCan) {
  begin("running_two_phase");
  if (HasFatalFailure() || IsSkipped()) return;
  const auto before = went_back();
  network_->cut_off(0);
  ASSERT_TRUE(all_went_back(before));
  network_->plug_in(0);
  ASSERT_TRUE(wait_until_together());
}

TEST_F(Cables, TwoWhoCannotTalkHoldUpAllAndNothingIsWrittenTwice) {
  begin("mixed");
  if (HasFatalFailure() || IsSkipped()) return;
  const auto before = went_back();
  network_->cut(0, 2);
  ASSERT_TRUE(all_went_back(before));
  pause(1);
  network_->mend();
  ASSERT_TRUE(wait_until_together());
}

TEST_F(Cables, WhatGoesOneWayOnlyCountsAsLost) {
  begin("mixed");
  if (HasFatalFailure() || IsSkipped()) return;
  const auto before = went_back();
  network_->cut_one_way(2, 1);
  ASSERT_TRUE(all_went_back(before));
  pause(1);
  network_->mend();
  ASSERT_TRUE(wait_until_together());
}

TEST_F(Cables, PacketsThatAreLostAreSentAgain) {
  begin("window_join");
  if (HasFatalFailure() || IsSkipped()) return;
  const auto before = went_back();
  if (!network_->delay_and_lose(1, "20ms", "3%")) {
    std::printf(
        "NOT CHECKED: this kernel has no netem, so no packet takes longer; some are lost by "
        "cutting two off now and then\n");
  }
  for (int i = 0; i < 20; ++i) {
    network_->cut(1, 2);
    pause(0.005);
    network_->uncut(1, 2);
    pause(0.05);
  }
  EXPECT_EQ(went_back(), before);
}

TEST_F(Cables, ANarrowCableSlowsTheJobAndLosesNobody) {
  begin("running");
  if (HasFatalFailure() || IsSkipped()) return;
  const auto before = went_back();
  network_->narrow(1, "1mbit");
  ASSERT_TRUE(wait_until([this] { return op_->all_ended(); }));
  EXPECT_EQ(went_back(), before);
}

TEST_F(Cables, AKillWhileTheNetworkIsPartedIsNoWorse) {
  begin("session");
  if (HasFatalFailure() || IsSkipped()) return;
  network_->cut(1, 2);
  op_->note("SIGKILL to process 0");
  op_->member(0).kill();
  pause(0.5);
  op_->start(0);
  pause(1.5);
  network_->mend();
  ASSERT_TRUE(wait_until([this] { return op_->all_together() || op_->all_ended(); }));
}

}  // namespace
}  // namespace streamhost::cluster_test
