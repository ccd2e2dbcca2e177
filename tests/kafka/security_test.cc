// Brokers that want to know who is there, and connections that nobody else can read.
#include <gtest/gtest.h>

#include <memory>

#include "kafka/feeder.h"
#include "kafka/job.h"
#include "kafka/shared_broker.h"

namespace streamhost::kafka_test {
namespace {

using testing::RunResult;

class Security : public WithBroker {
 protected:
  static void SetUpTestSuite() {
    if (!no_broker().empty()) return;
    BrokerOptions options;
    options.secure = true;
    secure_ = std::make_unique<RealBroker>(options);
  }
  static void TearDownTestSuite() { secure_.reset(); }

  void SetUp() override {
    WithBroker::SetUp();
    if (IsSkipped()) return;
    const std::string test = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    in_ = test + ".in";
    out_ = test + ".out";
    secure_->witness().create(in_, 2);
    secure_->witness().create(out_, 1);
    Feeder feeder(secure_->brokers());
    for (int i = 0; i < 10; ++i) feeder.send(in_, std::to_string(i), "v");
    feeder.flush();
  }

  // A copy by clients with these properties, or other options.
  RunResult copy(const std::string& brokers, const std::string& options) {
    return Job(kafka_source(brokers, in_, "tail = false\nconnect_timeout = \"2s\"\n" + options) +
               kafka_sink(
                   "in", brokers, out_,
                   "delivery = \"exactly_once\"\ntransactional_id = \"" + out_ + "\"\n" + options))
        .run();
  }
  void expect_copied(const RunResult& result) {
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(secure_->witness().read(out_).size(), 10u);
  }
  static std::string sasl(const std::string& mechanism, const std::string& password) {
    return properties({"security.protocol=SASL_PLAINTEXT", "sasl.mechanisms=" + mechanism,
                       std::string("sasl.username=") + RealBroker::kUser,
                       "sasl.password=" + password});
  }

  static std::unique_ptr<RealBroker> secure_;
  std::string in_, out_;
};
std::unique_ptr<RealBroker> Security::secure_;

TEST_F(Security, PasswordsInPlain) {
  expect_copied(copy(secure_->sasl_brokers(), sasl("PLAIN", RealBroker::kPassword)));
}

TEST_F(Security, PasswordsByScram) {
  expect_copied(copy(secure_->sasl_brokers(), sasl("SCRAM-SHA-256", RealBroker::kPassword)));
}

TEST_F(Security, AWrongPasswordIsSaidAndNotShown) {
  for (const std::string mechanism : {"PLAIN", "SCRAM-SHA-256"}) {
    const RunResult result = copy(secure_->sasl_brokers(), sasl(mechanism, "hearts-of-queens"));
    EXPECT_EQ(result.status, 1) << result.err;
    EXPECT_NE(result.err.find("uthentication"), std::string::npos) << result.err;
    EXPECT_EQ(result.err.find("hearts-of-queens"), std::string::npos) << result.err;
  }
}

TEST_F(Security, TokensThatLibrdkafkaMakesItself) {
  expect_copied(copy(secure_->sasl_brokers(),
                     properties({"security.protocol=SASL_PLAINTEXT", "sasl.mechanisms=OAUTHBEARER",
                                 "enable.sasl.oauthbearer.unsecure.jwt=true",
                                 "sasl.oauthbearer.config=principal=alice"})));
}

std::string base64url(const std::string& text) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string result;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) result += kDigits[(bits >> (count - 6)) & 63];
  }
  if (count > 0) result += kDigits[(bits << (6 - count)) & 63];
  return result;
}

// Short enough that it has to be fetched again before the job ends.
TEST_F(Security, TokensFromAFileThatSomethingElseKeepsFresh) {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  const testing::TempDir folder;
  const std::string token = base64url("{\"alg\":\"none\"}") + "." +
                            base64url("{\"sub\":\"alice\",\"iat\":" + std::to_string(now - 1) +
                                      ",\"exp\":" + std::to_string(now + 300) + "}") +
                            ".";
  const std::string file = folder.write("token", token + "\n");
  const std::string wanted =
      properties({"security.protocol=SASL_PLAINTEXT", "sasl.mechanisms=OAUTHBEARER"});
  expect_copied(
      copy(secure_->sasl_brokers(), wanted + "oauth = { token_file = \"" + file + "\" }\n"));
  const RunResult none =
      copy(secure_->sasl_brokers(), wanted + "oauth = { token_file = \"" + file + ".gone\" }\n");
  EXPECT_EQ(none.status, 1);
  EXPECT_NE(none.err.find(file + ".gone"), std::string::npos) << none.err;
}

TEST_F(Security, Tls) {
  const std::string ca = "ssl.ca.location=" + secure_->certificates() + "/ca.pem";
  expect_copied(copy(secure_->tls_brokers(), properties({"security.protocol=SSL", ca})));
}

TEST_F(Security, TlsWithAClientCertificate) {
  const std::string folder = secure_->certificates();
  expect_copied(copy(secure_->tls_brokers(),
                     properties({"security.protocol=SSL", "ssl.ca.location=" + folder + "/ca.pem",
                                 "ssl.certificate.location=" + folder + "/client.pem",
                                 "ssl.key.location=" + folder + "/client.key"})));
}

TEST_F(Security, ABrokerThatNobodyVouchesForIsNotTalkedTo) {
  const RunResult result = copy(secure_->tls_brokers(), properties({"security.protocol=SSL"}));
  EXPECT_EQ(result.status, 1) << result.err;
  EXPECT_NE(result.err.find("certificate"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace streamhost::kafka_test
