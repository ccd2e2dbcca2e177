// Those who call and do not belong here, and ways to keep them out.
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "cluster/small_job.h"
#include "cluster/testing/certificates.h"
#include "crash/random.h"

namespace streamhost::cluster_test {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A connection to a process; closed when destroyed.
class Caller {
 public:
  Caller(const Loopback& network, size_t process) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(network.port(process));
    ::inet_pton(AF_INET, network.ip().c_str(), &to.sin_addr);
    const timeval limit{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~Caller() { ::close(fd_); }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  bool connected() const { return connected_; }
  void say(const std::string& bytes) {
    size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n = ::send(fd_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      if (n <= 0) return;
      done += static_cast<size_t>(n);
    }
  }
  // What it answers until it hangs up, which it does within ten seconds; nothing else will do.
  std::optional<std::string> hear_all() {
    std::string all;
    char buffer[4096];
    for (;;) {
      const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
      if (n == 0 || (n < 0 && errno == ECONNRESET)) return all;
      if (n < 0) return std::nullopt;
      all.append(buffer, static_cast<size_t>(n));
    }
  }

 private:
  const int fd_;
  bool connected_ = false;
};

std::string noise(crash::Random& random, size_t size) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random.next());
  return bytes;
}

// That the job at work has not been disturbed, and ends in order.
void expect_undisturbed(SmallJob& job) {
  EXPECT_TRUE(job.op.all_together());
  EXPECT_EQ(job.op.went_back(), 0);
  job.op.member(0).signal(SIGTERM);
  for (size_t i = 0; i < job.op.size(); ++i) EXPECT_EQ(job.end_of(i), 0) << job.said(i);
}

TEST(Strangers, APortScannerDisturbsNobodyAndIsInTheLog) {
  SmallJob job(kEndless);
  job.op.start_all();
  ASSERT_TRUE(job.together());
  crash::Random random(1);
  const std::vector<std::string> well_known = {"",
                                               "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                                               "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                                               "SSH-2.0-OpenSSH_9.2\r\n",
                                               std::string(100'000, '\0'),
                                               std::string(100'000, '\xff')};
  for (int i = 0; i < 200; ++i) {
    Caller caller(job.network, static_cast<size_t>(i) % 2);
    ASSERT_TRUE(caller.connected());
    caller.say(random.chance(0.3) ? random.pick(well_known)
                                  : noise(random, 1 + random.below(3000)));
    if (i % 20 == 0) {
      const auto answer = caller.hear_all();
      ASSERT_TRUE(answer) << "it does not hang up";
      EXPECT_EQ(*answer, "") << "a stranger hears something";
    }
  }
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(job.says(i, "was closed: ")) << job.said(i);
    // Not a line for each.
    EXPECT_LT(count(job.said(i), "\n"), 40) << job.said(i);
  }
  expect_undisturbed(job);
}

TEST(Strangers, AThousandIdleConnectionsDisturbNobody) {
  SmallJob job(kEndless);
  job.op.start_all();
  ASSERT_TRUE(job.together());
  std::vector<std::unique_ptr<Caller>> idle;
  for (int i = 0; i < 1000; ++i) {
    idle.push_back(std::make_unique<Caller>(job.network, static_cast<size_t>(i) % 2));
    ASSERT_TRUE(idle.back()->connected());
  }
  // Those who came first have had to go for the others, or have had their time.
  EXPECT_EQ(idle.front()->hear_all(), "");
  EXPECT_EQ(idle.back()->hear_all(), "");
  EXPECT_TRUE(job.says(0, "it did not say who it is in time")) << job.said(0);
  // Somebody who belongs here still gets in.
  job.op.expect_latecomers(true);
  job.op.member(1).kill();
  std::vector<std::unique_ptr<Caller>> more;
  for (int i = 0; i < 300; ++i) more.push_back(std::make_unique<Caller>(job.network, 0));
  job.op.start(1);
  ASSERT_TRUE(job.together());
  job.op.member(0).signal(SIGTERM);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(job.end_of(i), 0) << job.said(i);
}

TEST(Strangers, AHalfSaidHelloIsNotWaitedForForEver) {
  SmallJob job(kEndless);
  job.op.start_all();
  ASSERT_TRUE(job.together());
  Caller caller(job.network, 0);
  // A header that promises a gigabyte, then one byte.
  caller.say(std::string("\xff\xff\xff\x3f\0\0\0\0\x01\0\0\0\0\0\0\0\x01", 17));
  EXPECT_EQ(caller.hear_all(), "");
  expect_undisturbed(job);
}

TEST(Strangers, WhoListensElsewhereThanOnLoopbackMustSaySoOrHaveASecret) {
  SmallJob job(kEndless);
  std::vector<std::string> words = job.op.command(0);
  testing::RunOptions options;
  options.environment = job.op.environment();
  options.environment.push_back("STREAMHOST_CLUSTER_LISTEN=0.0.0.0:" +
                                std::to_string(job.network.port(0)));
  const testing::RunResult run = testing::run(words, options);
  EXPECT_EQ(run.status, 2) << run.err;
  EXPECT_TRUE(has(run.err, "insecure = true")) << run.err;
}

class Tls : public ::testing::Test {
 protected:
  // Certificates for both processes, and the words of [cluster] that name them.
  void make(SmallJob& job, size_t process, const std::string& ca, const std::string& host,
            int64_t until_s = 86'400) {
    namespace certs = cluster::testing;
    const auto folder = job.op.folder();
    if (authorities_.count(ca) == 0) authorities_[ca] = certs::make_ca(folder, ca);
    certs::Wanted wanted;
    wanted.hosts = {host};
    wanted.valid_until_s = until_s;
    const std::string name = "process" + std::to_string(process);
    const auto made = certs::make_certificate(folder, name, authorities_[ca], wanted);
    environment_[process] = {"STREAMHOST_CLUSTER_TLS=" + made.cert.string() + "," +
                             made.key.string() + "," + authorities_[ca].cert.string()};
  }
  void start(SmallJob& job) {
    for (size_t i = 0; i < 2; ++i) job.op.start(i, "", environment_[i]);
  }
  static Limits short_wait() {
    Limits limits = trial_limits();
    limits.wait = 4 * limits.timeout;
    return limits;
  }

  std::map<std::string, cluster::testing::Certificate> authorities_;
  std::map<size_t, std::vector<std::string>> environment_;
};

TEST_F(Tls, ThoseOfOneCaRunTheJobAndComeBackAfterAKill) {
  SmallJob job(kEndless);
  for (size_t i = 0; i < 2; ++i) make(job, i, "ca", job.network.ip());
  start(job);
  ASSERT_TRUE(job.together()) << job.said(0);
  ASSERT_TRUE(job.writes());
  // Somebody without a certificate.
  Caller plain(job.network, 0);
  plain.say("hello");
  EXPECT_TRUE(plain.hear_all());
  EXPECT_TRUE(job.says(0, "does not speak TLS")) << job.said(0);
  job.op.member(1).kill();
  job.op.start(1, "", environment_[1]);
  ASSERT_TRUE(job.together());
  job.op.member(0).signal(SIGTERM);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(job.end_of(i), 0) << job.said(i);
}

TEST_F(Tls, ACertificateOfAnotherCaIsRefused) {
  SmallJob job(kEndless, "", true, 2, short_wait());
  make(job, 0, "ca", job.network.ip());
  make(job, 1, "foreign", job.network.ip());
  start(job);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_NE(job.end_of(i), 0);
    EXPECT_TRUE(has(job.said(i), "certificate")) << job.said(i);
  }
}

TEST_F(Tls, AnExpiredCertificateIsRefusedAtItsOwnStart) {
  SmallJob job(kEndless, "", true, 2, short_wait());
  make(job, 0, "ca", job.network.ip());
  make(job, 1, "ca", job.network.ip(), -10);
  start(job);
  EXPECT_EQ(job.end_of(1), 2);
  EXPECT_TRUE(has(job.said(1), "expired")) << job.said(1);
  EXPECT_EQ(job.end_of(0), 1);
}

TEST_F(Tls, ACertificateForAnotherHostIsRefused) {
  SmallJob job(kEndless, "", true, 2, short_wait());
  make(job, 0, "ca", job.network.ip());
  make(job, 1, "ca", "somebody.example");
  start(job);
  EXPECT_EQ(job.end_of(1), 2);
  EXPECT_TRUE(has(job.said(1), "somebody.example")) << job.said(1);
  EXPECT_EQ(job.end_of(0), 1);
}

}  // namespace
}  // namespace streamhost::cluster_test
