#include "kafka/real_broker.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace streamhost::kafka_test {
namespace {

// Any will do, as clusters never meet.
constexpr const char* kClusterId = "c3RyZWFtaG9zdC10ZXN0cw";

constexpr int kFirstPort = 9000;
constexpr int kPortsEach = 10;
constexpr int kMost = 2000;  // all below 32768, where ports for callers begin

// What the broker is: one of its kind, small, quick to start and to notice.
constexpr const char* kProperties = R"(
process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL
auto.create.topics.enable=false
num.network.threads=2
num.io.threads=2
background.threads=2
offsets.topic.replication.factor=1
offsets.topic.num.partitions=2
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=4194304
log.initial.task.delay.ms=1000
broker.heartbeat.interval.ms=300
broker.session.timeout.ms=1500
controlled.shutdown.enable=false
)";

constexpr const char* kSasl_ = R"(
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,OAUTHBEARER
listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="broker" password="broker" user_broker="broker" user_alice="wonderland";
listener.name.sasl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl.oauthbearer.sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";
)";

std::string own_ip() {
  const auto pid = static_cast<uint32_t>(::getpid());
  // Process ids have 22 bits. Other tests have their servers at other ports.
  return "127." + std::to_string(1 + (pid >> 16)) + "." + std::to_string((pid >> 8) & 255) + "." +
         std::to_string(pid & 255);
}

int own_ports() {
  static std::atomic<int> brokers{0};  // of this process
  return kFirstPort + kPortsEach * (brokers++ % kMost);
}

std::vector<std::string> java(const std::string& heap, const std::string& log_properties) {
  return {"java",
          "-Xmx" + heap,
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-Dlog4j.configuration=file:" + log_properties,
          "-cp",
          KAFKA_TEST_FOLDER "/jars/*"};
}

std::string last_part(const std::string& text) {
  constexpr size_t kSize = 3000;
  return text.size() <= kSize ? text : "..." + text.substr(text.size() - kSize);
}

void must_run(const std::vector<std::string>& command) {
  const testing::RunResult result = testing::run(command);
  if (result.status != 0) throw std::runtime_error(command[0] + ": " + result.out + result.err);
}

}  // namespace

const std::string& no_broker() {
  static const std::string why = [] {
    testing::RunOptions options;
    options.limit = std::chrono::seconds(300);
    const testing::RunResult result =
        testing::run({KAFKA_TEST_SOURCE "/fetch", KAFKA_TEST_FOLDER}, options);
    if (result.status == 0) return std::string();
    return result.err.empty() ? "tests/kafka/fetch failed" : result.err;
  }();
  return why;
}

RealBroker::RealBroker(const BrokerOptions& options) : ip_(own_ip()), first_port_(own_ports()) {
  if (!no_broker().empty()) throw std::runtime_error(no_broker());
  configure(options);
  format(options.secure);
  launch();
  // Both start at the same time.
  witness_ = std::make_unique<Witness>(KAFKA_TEST_FOLDER,
                                       std::vector<std::string>{"bootstrap.servers=" + brokers()});
  witness_->ready();
}

RealBroker::~RealBroker() = default;

std::string RealBroker::address(Listener listener) const {
  return ip_ + ":" + std::to_string(first_port_ + listener);
}

void RealBroker::configure(const BrokerOptions& options) {
  std::string text = kProperties;
  // Messages of tests may be of any time.
  text += "log.retention.ms=-1\n";
  text += "controller.quorum.voters=1@" + address(kController) + "\n";
  text += "log.dirs=" + folder_ / "data" + "\n";
  text += "listeners=PLAINTEXT://" + address(kPlain) + ",CONTROLLER://" + address(kController);
  if (options.secure) {
    text += ",SASL://" + address(kSasl) + ",TLS://" + address(kTls);
    must_run(
        {KAFKA_TEST_SOURCE "/../../packaging/cluster/certificates", certificates(), ip_, "client"});
    const std::string own = certificates() + "/" + ip_;
    folder_.write("broker.pem",
                  testing::read_file(own + ".key") + testing::read_file(own + ".pem"));
    text += kSasl_;
    text += "ssl.client.auth=requested\nssl.keystore.type=PEM\nssl.truststore.type=PEM\n";
    text += "ssl.keystore.location=" + folder_ / "broker.pem" + "\n";
    text += "ssl.truststore.location=" + certificates() + "/ca.pem\n";
  }
  text += "\n";
  for (const std::string& property : options.properties) text += property + "\n";
  folder_.write("server.properties", text);
  folder_.write("log4j.properties",
                "log4j.rootLogger=WARN, out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\n"
                "log4j.appender.out.layout=org.apache.log4j.PatternLayout\n"
                "log4j.appender.out.layout.ConversionPattern=%d{HH:mm:ss,SSS} %p %c{1}: %m%n\n");
}

void RealBroker::format(bool with_users) {
  std::vector<std::string> command = java("64m", folder_ / "log4j.properties");
  for (const char* word : {"kafka.tools.StorageTool", "format", "-t", kClusterId, "-c"}) {
    command.push_back(word);
  }
  command.push_back(folder_ / "server.properties");
  if (with_users) {
    command.push_back("--add-scram");
    command.push_back(std::string("SCRAM-SHA-256=[name=") + kUser + ",password=" + kPassword + "]");
  }
  must_run(command);
}

void RealBroker::launch() {
  const int file =
      ::open((folder_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) throw std::system_error(errno, std::generic_category(), folder_ / "log");
  testing::RunOptions options;
  options.out = options.err = file;
  std::vector<std::string> command = java("320m", folder_ / "log4j.properties");
  command.push_back("kafka.Kafka");
  command.push_back(folder_ / "server.properties");
  child_ = std::make_unique<testing::Child>(command, options);
  ::close(file);
}

void RealBroker::stop() {
  child_->signal(SIGTERM);
  const testing::RunResult result = child_->wait();
  // A Java program that SIGTERM ended in order says 143.
  if (result.status != 128 + SIGTERM && result.status != 0) {
    throw std::runtime_error("the broker ended with " + std::to_string(result.status) + ": " +
                             last_part(log()));
  }
}

void RealBroker::kill() {
  child_->signal(SIGKILL);
  child_->wait();
}

void RealBroker::pause() { child_->signal(SIGSTOP); }
void RealBroker::go_on() { child_->signal(SIGCONT); }

void RealBroker::start() {
  launch();
  try {
    witness_->ready();
  } catch (const std::runtime_error& e) {
    throw std::runtime_error(std::string(e.what()) + "\nthe broker: " + last_part(log()));
  }
}

std::string RealBroker::log() const { return testing::read_file(folder_ / "log"); }

}  // namespace streamhost::kafka_test
