#include "cluster/members.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "cluster/bye.h"
#include "cluster/testing/local_cluster.h"

namespace streamhost::cluster {
namespace {

using testing::FakeProcess;
using testing::LocalCluster;

constexpr int64_t kSecond = 1'000'000;

// Keeps what a process is handed.
class Job {
 public:
  Members::Handlers handlers() {
    return {[this](uint32_t from, Received& frame) { return take(from, frame); },
            [this](const Status& why) { lose(why); }};
  }
  void deliver_from(Members& members) { members.deliver(pool_, handlers()); }

  void wait_for(size_t frames) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::minutes(1), [&] { return count_ >= frames; }));
  }
  // Why the attempt was lost, once it is.
  Status wait_for_loss() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::minutes(1), [&] { return losses_ != 0; }));
    return why_;
  }
  int losses() {
    const std::lock_guard lock(mutex_);
    return losses_;
  }
  size_t count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  bool in_order() const { return in_order_; }
  size_t bytes() const { return bytes_; }
  void answer_with(Status status) { answer_ = std::move(status); }
  size_t held() const { return pool_.in_use(); }

 private:
  Status take(uint32_t from, Received& frame) {
    const std::lock_guard lock(mutex_);
    if (next_tag_.size() <= from) next_tag_.resize(from + 1);
    in_order_ = in_order_ && frame.header.tag == next_tag_[from]++;
    bytes_ += frame.body.size();
    ++count_;
    changed_.notify_all();
    return answer_;
  }
  void lose(const Status& why) {
    const std::lock_guard lock(mutex_);
    ++losses_;
    why_ = why;
    changed_.notify_all();
  }

  ArenaPool pool_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<uint32_t> next_tag_;
  size_t count_ = 0, bytes_ = 0;
  bool in_order_ = true;
  int losses_ = 0;
  Status why_, answer_;
};

Frame block(Members& members, uint32_t tag, size_t size) {
  return make_frame(members.frames(), FrameType::kBlock, tag, std::string(size, 'b'));
}

// All of them gather at the same time; gives what each has got.
std::vector<Result<std::vector<std::string>>> gather(
    const std::vector<std::unique_ptr<Members>>& all, const std::string& what) {
  std::vector<std::future<Result<std::vector<std::string>>>> gathering;
  for (const auto& members : all) {
    gathering.push_back(std::async(std::launch::async, [&members, &what] {
      return members->gather(what + " of " + std::to_string(members->self()));
    }));
  }
  std::vector<Result<std::vector<std::string>>> gathered;
  for (auto& one : gathering) gathered.push_back(one.get());
  return gathered;
}

TEST(Members, KnowEachOther) {
  LocalCluster cluster(3);
  cluster.start_all();
  const auto all = cluster.members();
  for (uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(all[i]->self(), i);
    EXPECT_EQ(all[i]->workers(), (std::vector<uint32_t>{1, 2, 3}));
    EXPECT_EQ(all[i]->name(2), "process 2 (127.0.0.1:" + std::to_string(cluster.port(2)) + ")");
    EXPECT_TRUE(all[i]->outcome());
  }
}

TEST(Members, GatherWhatEachHandsIn) {
  LocalCluster cluster(3);
  cluster.start_all();
  const auto all = cluster.members();
  for (int round = 0; round < 100; ++round) {
    const std::string what = "round " + std::to_string(round);
    for (const auto& gathered : gather(all, what)) {
      ASSERT_TRUE(gathered) << gathered.status().message();
      EXPECT_EQ(*gathered,
                (std::vector<std::string>{what + " of 0", what + " of 1", what + " of 2"}));
    }
  }
}

TEST(Members, GatherMuch) {
  LocalCluster cluster(2);
  cluster.start_all();
  const auto all = cluster.members();
  const std::string much(size_t{20} << 20, 'm');
  for (const auto& gathered : gather(all, much)) {
    ASSERT_TRUE(gathered);
    EXPECT_TRUE((*gathered)[1] == much + " of 1");
  }
}

TEST(Members, GetFramesOfAllOthersInOrder) {
  LocalCluster cluster(3);
  std::vector<Job> jobs(3);
  cluster.start_all();
  const auto all = cluster.members();
  for (uint32_t i = 0; i < 3; ++i) jobs[i].deliver_from(*all[i]);
  for (const auto& gathered : gather(all, "begin")) ASSERT_TRUE(gathered);
  constexpr uint32_t kFrames = 20'000;
  std::vector<std::future<void>> sending;
  for (const auto& members : all) {
    sending.push_back(std::async(std::launch::async, [&members] {
      for (uint32_t tag = 0; tag < kFrames; ++tag) {
        for (uint32_t to = 0; to < 3; ++to) {
          if (to == members->self()) continue;
          members->send(to, block(*members, tag, tag % 2000 == 0 ? 300'000 : tag % 40));
        }
      }
    }));
  }
  for (auto& one : sending) one.get();
  for (Job& job : jobs) {
    job.wait_for(size_t{2} * kFrames);
    EXPECT_TRUE(job.in_order());
    EXPECT_EQ(job.losses(), 0);
  }
}

TEST(Members, EndTheJobForAllWhenOneFails) {
  LocalCluster cluster(3);
  std::vector<Job> jobs(3);
  cluster.start_all();
  const auto all = cluster.members();
  for (uint32_t i = 0; i < 3; ++i) jobs[i].deliver_from(*all[i]);
  all[1]->close(Status(Code::kRecovery, "/data/part-0.sqlite: the disk is full"));
  for (const uint32_t i : {0u, 2u}) {
    const Status why = jobs[i].wait_for_loss();
    EXPECT_EQ(why.code(), Code::kRecovery);
    EXPECT_EQ(why.message(), all[i]->name(1) + " failed: /data/part-0.sqlite: the disk is full");
    EXPECT_EQ(all[i]->outcome().message(), why.message());
    EXPECT_FALSE(all[i]->gather("late"));
  }
  EXPECT_EQ(jobs[1].losses(), 0) << "who ends it is not told";
}

TEST(Members, DoNotMissOneThatIsDone) {
  LocalCluster cluster(3);
  std::vector<Job> jobs(3);
  cluster.start_all();
  auto all = cluster.members();
  for (uint32_t i = 0; i < 3; ++i) jobs[i].deliver_from(*all[i]);
  for (const auto& gathered : gather(all, "end")) ASSERT_TRUE(gathered);
  all[0]->send(1, block(*all[0], 0, 1'000'000));
  all[0]->close(Status::ok());
  all[0] = nullptr;
  cluster.end(0);
  jobs[1].wait_for(1);
  // The others go on with each other.
  all[1]->send(2, block(*all[1], 0, 10));
  jobs[2].wait_for(1);
  EXPECT_TRUE(all[1]->outcome());
  all[1]->close(Status::ok());
  all[2]->close(Status::ok());
  for (Job& job : jobs) EXPECT_EQ(job.losses(), 0);
}

TEST(Members, CannotGatherWithOneThatIsDone) {
  LocalCluster cluster(2);
  cluster.start_all();
  const auto all = cluster.members();
  all[0]->close(Status::ok());
  const auto gathered = all[1]->gather("still here");
  ASSERT_FALSE(gathered);
  EXPECT_EQ(gathered.status().code(), Code::kLost);
  EXPECT_NE(gathered.status().message().find(all[1]->name(0)), std::string::npos);
}

TEST(Members, AllNameTheSameCauseWhenOneIsLost) {
  LocalCluster cluster(4);
  std::vector<Job> jobs(3);
  for (uint32_t i = 0; i < 3; ++i) cluster.start(i);
  // The last one is a fake, so that it can fall silent in the middle.
  auto joining = std::async(std::launch::async, [&] { return cluster.join({0, 1, 2}); });
  std::vector<std::unique_ptr<FakeProcess>> fake;
  std::vector<uint64_t> vector;
  for (uint32_t i = 0; i < 3; ++i) {
    fake.push_back(std::make_unique<FakeProcess>(cluster.port(i)));
    ASSERT_TRUE(fake[i]->join(cluster.plan(3), 4711, i));
    vector.push_back(fake[i]->attempt_of_other());
  }
  vector.push_back(4711);
  const std::string ids(reinterpret_cast<const char*>(vector.data()), 8 * vector.size());
  for (const auto& one : fake) one->send(FrameType::kGather, 0, ids);
  std::vector<std::unique_ptr<Members>> all;
  for (auto& joined : joining.get()) {
    ASSERT_TRUE(joined) << joined.status().message();
    all.push_back(joined.take());
  }
  for (uint32_t i = 0; i < 3; ++i) jobs[i].deliver_from(*all[i]);
  fake[1]->close();
  const std::string cause = all[0]->name(3) + " was lost: the connection was ";
  for (Job& job : jobs) {
    const Status why = job.wait_for_loss();
    EXPECT_EQ(why.code(), Code::kLost);
    EXPECT_EQ(why.message().substr(0, cause.size()), cause);
  }
  // ... and so does the one that is lost, if it lives.
  for (const size_t i : {0u, 2u}) {
    FrameType type{};
    std::string body;
    do std::tie(type, body) = fake[i]->read();
    while (type == FrameType::kGather);
    ASSERT_EQ(type, FrameType::kBye);
    const auto bye = read_bye(body);
    ASSERT_TRUE(bye);
    EXPECT_EQ(bye->why.code(), Code::kLost);
    EXPECT_EQ(bye->origin, 3u);
  }
}

TEST(Members, ASilentOneIsLostWithinTheTimeout) {
  LocalCluster cluster(2, [](uint32_t, ClusterPlan& plan) { plan.settings.timeout_us = kSecond; });
  Job job;
  cluster.start(0);
  auto joining = std::async(std::launch::async, [&] { return cluster.at(0).join(); });
  FakeProcess fake(cluster.port(0));
  ASSERT_TRUE(fake.join(cluster.plan(1), 4711, 0));
  const uint64_t ids[] = {fake.attempt_of_other(), 4711};
  fake.send(FrameType::kGather, 0, {reinterpret_cast<const char*>(ids), sizeof ids});
  auto joined = joining.get();
  ASSERT_TRUE(joined) << joined.status().message();
  job.deliver_from(**joined);
  EXPECT_EQ(job.wait_for_loss().message(),
            (*joined)->name(1) + " was lost: nothing was heard of it for 1s");
}

TEST(Members, AreNotLostWhileTheyHaveNothingToSay) {
  LocalCluster cluster(2, [](uint32_t, ClusterPlan& plan) { plan.settings.timeout_us = kSecond; });
  cluster.start_all();
  const auto all = cluster.members();
  // A third one falls silent meanwhile, which takes as long as they would be given.
  FakeProcess fake(cluster.port(0));
  EXPECT_TRUE(fake.is_closed_within(60));
  for (const auto& members : all) EXPECT_TRUE(members->outcome());
}

TEST(Members, WhatNoSanePeerSendsEndsTheAttempt) {
  LocalCluster cluster(2);
  std::vector<Job> jobs(2);
  cluster.start_all();
  const auto all = cluster.members();
  jobs[0].answer_with(Status::failed("it sends blocks for worker 17, and there are 3"));
  for (uint32_t i = 0; i < 2; ++i) jobs[i].deliver_from(*all[i]);
  all[1]->send(0, block(*all[1], 17, 1));
  for (Job& job : jobs) {
    const Status why = job.wait_for_loss();
    EXPECT_EQ(why.code(), Code::kLost);
    EXPECT_EQ(why.message(),
              all[0]->name(1) + " was lost: it sends blocks for worker 17, and there are 3");
  }
}

TEST(Members, AFrameOfTheJobBeforeTheJobEndsTheAttempt) {
  LocalCluster cluster(2);
  Job job;
  cluster.start_all();
  const auto all = cluster.members();
  job.deliver_from(*all[1]);
  all[1]->send(0, block(*all[1], 0, 1));
  EXPECT_NE(job.wait_for_loss().message().find("before the job has begun"), std::string::npos);
  EXPECT_EQ(all[0]->outcome().code(), Code::kLost);
}

TEST(Members, AreToldOfALossThatCameBeforeTheyListened) {
  LocalCluster cluster(2);
  Job job;
  cluster.start_all();
  auto all = cluster.members();
  all[1] = nullptr;
  ASSERT_FALSE(all[0]->gather("x"));
  job.deliver_from(*all[0]);
  EXPECT_EQ(job.wait_for_loss().message(), all[0]->name(1) + " has stopped");
}

TEST(Members, NothingIsHandedOnOnceClosed) {
  LocalCluster cluster(2);
  auto jobs = std::make_unique<std::vector<Job>>(2);
  cluster.start_all();
  auto all = cluster.members();
  for (uint32_t i = 0; i < 2; ++i) (*jobs)[i].deliver_from(*all[i]);
  for (const auto& gathered : gather(all, "begin")) ASSERT_TRUE(gathered);
  std::atomic<bool> stop{false};
  auto sending = std::async(std::launch::async, [&] {
    for (uint32_t tag = 0; !stop; ++tag) all[1]->send(0, block(*all[1], tag, 10));
  });
  (*jobs)[0].wait_for(1000);
  all[0]->close({Code::kLost, "enough"});
  const size_t count = (*jobs)[0].count();
  EXPECT_EQ((*jobs)[0].held(), 0u) << "nothing of the pool is in use any more";
  EXPECT_EQ((*jobs)[1].wait_for_loss().message(), "enough");
  stop = true;
  sending.get();
  EXPECT_EQ((*jobs)[0].count(), count);
  all.clear();
  EXPECT_EQ((*jobs)[0].losses(), 0);
  EXPECT_EQ((*jobs)[1].losses(), 1);
}

TEST(Members, AnotherAttemptFollowsOneThatIsOver) {
  LocalCluster cluster(3);
  cluster.start_all();
  for (int round = 0; round < 10; ++round) {
    auto all = cluster.members();
    std::vector<Job> jobs(3);
    for (uint32_t i = 0; i < 3; ++i) jobs[i].deliver_from(*all[i]);
    for (const auto& gathered : gather(all, "begin")) ASSERT_TRUE(gathered);
    all[static_cast<size_t>(round) % 3]->close({Code::kLost, "again"});
    for (const auto& members : all) members->close(Status::ok());
    for (const auto& members : all) {
      if (members->self() != static_cast<uint32_t>(round) % 3) {
        EXPECT_EQ(members->outcome().message(), "again");
      }
    }
  }
}

TEST(Members, OutliveTheirCluster) {
  LocalCluster cluster(2);
  std::vector<Job> jobs(2);
  cluster.start_all();
  const auto all = cluster.members();
  for (uint32_t i = 0; i < 2; ++i) jobs[i].deliver_from(*all[i]);
  cluster.end(1);
  EXPECT_EQ(jobs[0].wait_for_loss().message(), all[0]->name(1) + " has stopped");
  bool written = false;
  all[1]->send(0, block(*all[1], 0, 1), [&] { written = true; });
  EXPECT_TRUE(written);
  EXPECT_FALSE(all[1]->gather("x"));
  all[1]->close(Status::ok());
}

}  // namespace
}  // namespace streamhost::cluster
