// A cluster whose processes have certificates.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "cluster/cluster.h"
#include "cluster/testing/certificates.h"
#include "cluster/testing/local_cluster.h"
#include "support/process.h"

namespace streamhost::cluster {
namespace {

using streamhost::testing::TempDir;
using testing::Certificate;
using testing::FakeProcess;
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
