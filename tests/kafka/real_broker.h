// A real Apache Kafka broker (KRaft, one node, on this machine's Java) for as long as a test needs
// it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "kafka/witness.h"
#include "support/process.h"

namespace streamhost::kafka_test {

// Why there can be no real broker here; empty when there can be. Asked of tests/kafka/fetch once
// for each process, which may then get it from Maven Central.
const std::string& no_broker();

struct BrokerOptions {
  // Listeners with SASL and with TLS besides the plain one.
  bool secure = false;
  std::vector<std::string> properties;  // of the broker, over those that it has anyway
};

// Has an address of its own on the loopback, a folder of its own, and ends with this. What it was
// told is kept over stop(), kill() and start(). Everything throws std::runtime_error with the last
// words of the broker when it does not go. [one thread, which must outlive it]
class RealBroker {
 public:
  // Started and ready.
  explicit RealBroker(const BrokerOptions& options = {});
  ~RealBroker();

  // Where it listens, "127.x.y.z:PORT", also while it is away.
  std::string brokers() const { return address(kPlain); }
  // SASL without TLS, if `secure`: PLAIN and SCRAM-SHA-256 with kUser and kPassword, OAUTHBEARER
  // with unsecured tokens.
  std::string sasl_brokers() const { return address(kSasl); }
  // TLS, if `secure`; clients may show a certificate of certificates().
  std::string tls_brokers() const { return address(kTls); }
  static constexpr const char* kUser = "alice";
  static constexpr const char* kPassword = "wonderland";
  // Holds ca.pem, client.pem and client.key.
  std::string certificates() const { return folder_ / "certificates"; }

  // Ends it in order.
  void stop();
  // SIGKILL.
  void kill();
  // Freezes it (SIGSTOP), and lets it go on.
  void pause();
  void go_on();
  // After stop() or kill(): with what it had. Ready when it returns.
  void start();

  Witness& witness() { return *witness_; }
  // What it has said.
  std::string log() const;

 private:
  enum Listener { kPlain, kController, kSasl, kTls };
  std::string address(Listener listener) const;
  void configure(const BrokerOptions& options);
  void format(bool with_users);
  void launch();

  const std::string ip_;
  const int first_port_;
  testing::TempDir folder_;
  std::unique_ptr<testing::Child> child_;
  std::unique_ptr<Witness> witness_;
};

}  // namespace streamhost::kafka_test
