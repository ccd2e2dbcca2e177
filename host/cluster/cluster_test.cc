#include "cluster/cluster.h"

#include <dirent.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <future>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "cluster/bye.h"
#include "cluster/testing/certificates.h"
#include "cluster/testing/local_cluster.h"
#include "support/process.h"

namespace streamhost::cluster {
namespace {

using streamhost::testing::TempDir;
using testing::Certificate;
using testing::FakeProcess;
using testing::Joined;
using testing::LocalCluster;
using testing::make_ca;
using testing::make_certificate;

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

TEST(Cluster, StrangersOfAllKindsAreClosed) {
  LocalCluster cluster(2, [](uint32_t, ClusterPlan& plan) { plan.settings.token = "secret"; });
  cluster.start_all();
  ArenaPool pool;
  const auto text = [&](FrameType type, const std::string& body) {
    const Frame frame = make_frame(pool, type, 0, body);
    return std::string(reinterpret_cast<const char*>(frame.bytes().data()), frame.size);
  };
  std::string oversized = text(FrameType::kGreeting, std::string(kMaxGreeting + 1, 'x'));
  std::string huge = text(FrameType::kGreeting, "x");
  huge[3] = '\x7f';
  std::string damaged = text(FrameType::kGreeting, "greetings");
  damaged.back() ^= 1;
  const std::string truncated = text(FrameType::kGreeting, "greetings").substr(0, 20);
  const std::vector<std::string> all = {"GET / HTTP/1.1\r\n\r\n",
                                        oversized,
                                        huge,
                                        damaged,
                                        truncated,
                                        text(FrameType::kBlock, "a record, please"),
                                        text(FrameType::kGreeting, "nonsense"),
                                        text(FrameType::kHello, ""),
                                        text(FrameType::kBye, ""),
                                        text(FrameType::kHeartbeat, "")};
  for (const std::string& bytes : all) {
    FakeProcess stranger(cluster.port(0));
    stranger.write(bytes);
    EXPECT_TRUE(stranger.is_closed_within(30)) << bytes;
  }
  EXPECT_TRUE(cluster.log(0).wait_for("a frame of a member before it has said who it is"));
  EXPECT_TRUE(cluster.log(0).wait_for("it did not say who it is in time"));
  EXPECT_EQ(cluster.members().size(), 2u);
}

TEST(Cluster, RandomBytesAreNoWayIn) {
  LocalCluster cluster(2);
  cluster.start_all();
  auto all = cluster.members();
  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) {
    try {
      FakeProcess stranger(cluster.port(static_cast<uint32_t>(i) % 2));
      std::string bytes(random() % 300, '\0');
      for (char& c : bytes) c = static_cast<char>(random());
      // Some begin as a frame does.
      if (i % 2 == 0 && bytes.size() > 12) {
        bytes[1] = bytes[2] = bytes[3] = bytes[9] = bytes[10] = bytes[11] = 0;
        bytes[8] = static_cast<char>(random() % 20);
      }
      stranger.write(bytes);
    } catch (const std::exception&) {
      // It was closed while writing.
    }
  }
  EXPECT_TRUE(all[0]->outcome());
  EXPECT_TRUE(all[1]->outcome());
  EXPECT_LT(cluster.log(0).count("connection from"), 30u) << "the log is not flooded";
}

size_t open_files() {
  size_t count = 0;
  DIR* const folder = opendir("/proc/self/fd");
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

TEST(Cluster, IdleConnectionsKeepNobodyOut) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 8192);
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < 2500) GTEST_SKIP() << "only " << limit.rlim_cur << " files may be open";
  LocalCluster cluster(2);
  cluster.start_all();
  const size_t before = open_files();
  std::vector<std::unique_ptr<FakeProcess>> idle;
  const auto io = std::make_shared<boost::asio::io_context>();
  constexpr size_t kIdle = 1000;
  for (size_t i = 0; i < kIdle; ++i) {
    idle.push_back(std::make_unique<FakeProcess>(cluster.port(0), io));
  }
  const auto all = cluster.members();
  EXPECT_NE(all[1], nullptr);
  // Each end of a connection is one, and they are closed one after the other.
  EXPECT_TRUE(cluster.log(0).wait_for("too many others have called since"));
  EXPECT_TRUE(idle.front()->is_closed_within(30));
  EXPECT_TRUE(idle[kIdle - 257]->is_closed_within(30));
  EXPECT_LT(open_files(), before + kIdle + 256 + 20);
  EXPECT_TRUE(idle.back()->is_closed_within(30));
  EXPECT_TRUE(all[0]->outcome());
  EXPECT_LT(cluster.log(0).count("connection from"), 10u);
}

TEST(Cluster, RunningOutOfFilesPassesBy) {
  using boost::asio::ip::tcp;
  LocalCluster cluster(2);
  cluster.start_all();
  auto joining = std::async(std::launch::async, [&] { return cluster.at(0).join(); });
  boost::asio::io_context io;
  std::vector<tcp::socket> callers;
  for (int i = 0; i < 5; ++i) callers.emplace_back(io, tcp::v4());
  // From here on nothing can be opened, or accepted.
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit none{1, limit.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  boost::system::error_code error;
  for (auto& caller : callers) {
    caller.connect({boost::asio::ip::address_v4::loopback(), cluster.port(0)}, error);
  }
  const bool logged = cluster.log(0).wait_for("cannot be taken");
  setrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_TRUE(logged);
  EXPECT_FALSE(error) << "the kernel takes the calls";
  EXPECT_LE(cluster.log(0).count("cannot be taken"), 1u);
  auto joined = cluster.at(1).join();
  EXPECT_TRUE(joined) << joined.status().message();
  auto other = joining.get();
  EXPECT_TRUE(other) << other.status().message();
}

// TLS.

class ClusterTls : public ::testing::Test {
 protected:
  void use(ClusterPlan& plan, const Certificate& certificate, const Certificate& ca) {
    plan.settings.tls_cert = certificate.cert;
    plan.settings.tls_key = certificate.key;
    plan.settings.tls_ca = ca.cert;
  }
  Certificate certificate(const std::string& name, const Certificate& ca,
                          const std::string& host = "127.0.0.1") {
    return make_certificate(folder_.path(), name, ca, {.hosts = {host}});
  }

  TempDir folder_;
  Certificate ca_ = make_ca(folder_.path());
  LocalCluster cluster_{2, [this](uint32_t process, ClusterPlan& plan) {
                          use(plan, certificate("p" + std::to_string(process), ca_), ca_);
                          plan.settings.wait_us = 3 * kSecond;
                        }};
};

TEST_F(ClusterTls, ProcessesWithCertificatesOfOneCaJoin) {
  cluster_.start_all();
  for (int round = 0; round < 2; ++round) {
    const auto all = cluster_.members();
    std::atomic<size_t> came{0};
    std::promise<void> done;
    ArenaPool pool;
    constexpr size_t kFrames = 300;
    const size_t sizes[] = {10, 100'000, 3, 20'000'000};
    all[1]->deliver(
        pool, {[&](uint32_t, Received& frame) {
                 const size_t i = came++;
                 if (frame.header.tag != i || frame.body.size() != sizes[i % (i < 4 ? 4 : 3)]) {
                   return Status::failed("not what was sent");
                 }
                 if (came == kFrames) done.set_value();
                 return Status::ok();
               },
               [&](const Status&) { done.set_value(); }});
    auto gathering = std::async(std::launch::async, [&] { return all[0]->gather("x"); });
    ASSERT_TRUE(all[1]->gather("y"));
    ASSERT_TRUE(gathering.get());
    for (uint32_t i = 0; i < kFrames; ++i) {
      all[0]->send(1, make_frame(all[0]->frames(), FrameType::kBlock, i,
                                 std::string(sizes[i % (i < 4 ? 4 : 3)], 'x')));
    }
    done.get_future().wait();
    EXPECT_EQ(came, kFrames);
    for (const auto& members : all) members->close(Status::ok());
  }
}

TEST_F(ClusterTls, ACertificateOfAnotherCaIsRefused) {
  const Certificate other = make_ca(folder_.path(), "other");
  use(cluster_.plan(1), certificate("foreign", other), other);
  // It would take ours, but not the other way round.
  cluster_.start_all();
  const auto all = cluster_.join_all();
  for (const auto& joined : all) {
    ASSERT_FALSE(joined);
    EXPECT_EQ(joined.status().code(), Code::kFailed);
  }
  EXPECT_TRUE(contains(all[1].status().message(), "is not signed by our ca"))
      << all[1].status().message();
  EXPECT_GE(cluster_.log(0).count("connection from"), 1u);
}

TEST_F(ClusterTls, ACertificateForAnotherHostIsRefused) {
  // Its own address is fine, and it claims to be a process whose address is another.
  use(cluster_.plan(1), certificate("elsewhere", ca_, "elsewhere"), ca_);
  cluster_.plan(1).addresses[1] = "elsewhere:2101";
  cluster_.plan(1).settings.listen = "127.0.0.1:" + std::to_string(cluster_.port(1));
  cluster_.start_all();
  const auto all = cluster_.join_all();
  for (const auto& joined : all) EXPECT_FALSE(joined);
  EXPECT_TRUE(cluster_.log(0).wait_for("its certificate names \"elsewhere\", not \"127.0.0.1\""));
}

TEST_F(ClusterTls, OnesOwnCertificateMustNameOnesOwnHost) {
  ClusterPlan plan = cluster_.plan(1);
  use(plan, certificate("elsewhere", ca_, "elsewhere"), ca_);
  EXPECT_TRUE(contains(error_of(plan), "127.0.0.1")) << error_of(plan);
}

TEST_F(ClusterTls, AnExpiredCertificateIsRefused) {
  ClusterPlan plan = cluster_.plan(1);
  use(plan,
      make_certificate(folder_.path(), "old", ca_,
                       {.hosts = {"127.0.0.1"}, .valid_from_s = -7200, .valid_until_s = -3600}),
      ca_);
  EXPECT_TRUE(contains(error_of(plan), "has expired")) << error_of(plan);
  // One that expires while the process runs.
  use(cluster_.plan(1),
      make_certificate(folder_.path(), "soon", ca_,
                       {.hosts = {"127.0.0.1"}, .valid_from_s = -7200, .valid_until_s = 2}),
      ca_);
  cluster_.start(1);
  std::this_thread::sleep_for(std::chrono::seconds(3));
  cluster_.start(0);
  for (const auto& joined : cluster_.join_all()) EXPECT_FALSE(joined);
  EXPECT_TRUE(cluster_.log(0).wait_for("its certificate has expired"));
}

TEST_F(ClusterTls, PlainTextIsRefused) {
  cluster_.start(0);
  FakeProcess stranger(cluster_.port(0));
  EXPECT_FALSE(stranger.join(cluster_.plan(1), 4711, 0));
  EXPECT_TRUE(cluster_.log(0).wait_for("it does not speak TLS"));
}

TEST_F(ClusterTls, AnIdleStrangerIsClosedInTime) {
  cluster_.start(0);
  FakeProcess stranger(cluster_.port(0));
  EXPECT_TRUE(stranger.is_closed_within(30));
}

TEST_F(ClusterTls, AndATokenTogether) {
  for (uint32_t i = 0; i < 2; ++i) cluster_.plan(i).settings.token = "secret";
  cluster_.start_all();
  EXPECT_EQ(cluster_.members().size(), 2u);
}

}  // namespace
}  // namespace streamhost::cluster
