// Mistakes in manifests are found before anything is connected to, with the place and what was
// meant.
#include <gtest/gtest.h>

#include "kafka/job.h"

namespace streamhost::kafka_test {
namespace {

// What `check` says of the steps; it must refuse them.
std::string refusal(const std::string& steps) {
  const testing::TempDir folder;
  const std::string manifest = folder.write("job.toml", "name = \"wrong\"\n" + steps);
  const testing::RunResult result = testing::streamhost({"check", "--manifest", manifest});
  EXPECT_EQ(result.status, 2) << steps << result.out << result.err;
  return result.out + result.err;
}

void expect_refused(const std::string& steps, const std::vector<std::string>& words) {
  const std::string text = refusal(steps);
  for (const std::string& word : words) {
    EXPECT_NE(text.find(word), std::string::npos) << word << " is not in\n" << text;
  }
}

const std::string kNowhere = "nowhere.invalid:9092";
const std::string kDrop = "[sink.out]\nuse = \"testing.slow\"\nfrom = \"in\"\n";

std::string sink(const std::string& more, const std::string& topic = "t") {
  return "[source.n]\nuse = \"demo.sequence\"\n" + kafka_sink("n", kNowhere, topic, more);
}

TEST(KafkaManifest, IsCheckedWithoutABroker) {
  const testing::TempDir folder;
  const std::string manifest = folder.write(
      "job.toml", "name = \"right\"\n" + kafka_source(kNowhere, "t") +
                      kafka_sink("in", kNowhere, "u",
                                 "delivery = \"exactly_once\"\ntransactional_id = \"x\"\n"));
  const testing::RunResult result = testing::streamhost({"check", "--manifest", manifest});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.err.find("rdkafka"), std::string::npos) << result.err;
}

TEST(KafkaManifest, NamesAPropertyThatLibrdkafkaDoesNotKnow) {
  const std::string wrong = properties({"fetch.wait.max.mss=5"});
  expect_refused(kafka_source(kNowhere, "t", wrong) + kDrop,
                 {"fetch.wait.max.mss", "did you mean \"fetch.wait.max.ms\"", "job.toml:"});
  expect_refused(sink(properties({"lingerr.ms=5"})), {"lingerr.ms"});
}

TEST(KafkaManifest, NamesAPropertyThatHasAnOptionOfItsOwn) {
  expect_refused(kafka_source(kNowhere, "t", properties({"bootstrap.servers=x:1"})) + kDrop,
                 {"bootstrap.servers", "brokers"});
  expect_refused(kafka_source(kNowhere, "t", properties({"group.id=x"})) + kDrop,
                 {"group.id", "group"});
  expect_refused(sink(properties({"transactional.id=x"})), {"transactional_id"});
}

TEST(KafkaManifest, NamesAValueThatIsNotAccepted) {
  expect_refused(kafka_source(kNowhere, "t", properties({"fetch.wait.max.ms=soon"})) + kDrop,
                 {"fetch.wait.max.ms"});
  expect_refused(kafka_source(kNowhere, "t", "start = \"yesterday\"\n") + kDrop,
                 {"start", "yesterday", "earliest"});
  expect_refused(kafka_source(kNowhere, "t", "start = \"stored\"\n") + kDrop, {"stored", "group"});
  expect_refused(kafka_source(kNowhere, "^(t") + kDrop, {"^(t"});
  expect_refused(sink("compression = \"zip\"\n"), {"compression", "zip", "zstd"});
  expect_refused(sink("delivery = \"exactly_one\"\n"), {"delivery", "exactly_once"});
}

TEST(KafkaManifest, SaysWhatIsMissing) {
  expect_refused("[source.in]\nuse = \"kafka.source\"\ntopics = [\"t\"]\n" + kDrop, {"brokers"});
  expect_refused("[source.in]\nuse = \"kafka.source\"\nbrokers = \"x:1\"\n" + kDrop, {"topics"});
  expect_refused(sink("", ""), {"topic"});
  expect_refused(sink("delivery = \"exactly_once\"\n"), {"transactional_id"});
}

TEST(KafkaManifest, ShowsNoSecrets) {
  const std::string secret =
      properties({"security.protocol=SASL_SSL", "sasl.mechanisms=PLAIN", "sasl.username=u",
                  "sasl.password=rabbit-hole", "sasl.passwordd=rabbit-hole"});
  EXPECT_EQ(refusal(sink(secret)).find("rabbit-hole"), std::string::npos);
}

}  // namespace
}  // namespace streamhost::kafka_test
