// The plugin protobuf through the real host, and against protoc.
#include <gtest/gtest.h>

#include "support/process.h"

namespace streamhost::testing {
namespace {

// Numbers of fields are such that no byte of a message is the end of a line.
const std::string kProto = R"(syntax = "proto3";
package acme;
import "google/protobuf/timestamp.proto";
message Order {
  int64 id = 1;
  string customer = 2;
  repeated Item items = 3;
  map<int32, string> stock = 4;
  google.protobuf.Timestamp at = 5;
  message Item { string sku = 3; double unit_price = 4; }
}
)";

const std::string kJson = R"({"id":"7","customer":"Jane \"J\" Doe","items":[{"sku":"a1",)"
                          R"("unitPrice":2.5},{"sku":"b2"}],"stock":{"5":"a1"},)"
                          R"("at":"2024-05-01T10:00:00.250Z"})";
// The same as protoc prints it.
const std::string kText = R"(id: 7
customer: "Jane \"J\" Doe"
items {
  sku: "a1"
  unit_price: 2.5
}
items {
  sku: "b2"
}
stock {
  key: 5
  value: "a1"
}
at {
  seconds: 1714557600
  nanos: 250000000
}
)";

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A folder with acme.proto and the descriptor set that protoc makes of it.
class ProtobufInAJob : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.write("acme.proto", kProto);
    const RunResult made =
        protoc({"--include_imports", "--descriptor_set_out=" + (folder_ / "acme.pb")});
    if (made.status == 127) GTEST_SKIP() << "NOT CHECKED: there is no protoc here";
    ASSERT_EQ(made.status, 0) << made.err;
  }
  RunResult protoc(std::vector<std::string> arguments, const std::string& input = {}) {
    std::vector<std::string> command = {"protoc", "-I" + folder_.path().string()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    command.push_back("acme.proto");
    RunOptions options;
    options.input = input;
    return run(command, options);
  }
  // Standard input goes through these steps, of which the last is `last`, and out again.
  RunResult job(const std::string& steps, const std::string& input,
                const std::vector<std::string>& more = {"-w", "1"}) {
    const std::string manifest = folder_.write(
        "job.toml", "name = \"protobuf_test\"\n[source.in]\nuse = \"stdio.lines\"\n" + steps +
                        "[sink.out]\nuse = \"stdio.lines\"\nfrom = \"last\"\n");
    std::vector<std::string> arguments = {"--manifest", manifest};
    arguments.insert(arguments.end(), more.begin(), more.end());
    RunOptions options;
    options.input = input;
    return streamhost(arguments, options);
  }
  static std::string step(const std::string& id, const std::string& use, const std::string& from,
                          const std::string& options = {}) {
    return "[operator." + id + "]\nuse = \"protobuf." + use + "\"\nfrom = \"" + from +
           "\"\ndescriptor_set = \"acme.pb\"\nmessage = \"acme.Order\"\n" + options + "\n";
  }
  TempDir folder_;
};

TEST_F(ProtobufInAJob, WhatItEncodesProtocCanDecode) {
  RunResult result = job(step("last", "encode", "in"), kJson + "\n");
  ASSERT_EQ(result.status, 0) << result.err;
  ASSERT_TRUE(result.out.ends_with('\n'));
  result.out.pop_back();
  const RunResult decoded = protoc({"--decode=acme.Order"}, result.out);
  EXPECT_EQ(decoded.status, 0) << decoded.err;
  EXPECT_EQ(decoded.out, kText);
}

TEST_F(ProtobufInAJob, WhatProtocEncodesItCanDecode) {
  const RunResult bytes = protoc({"--encode=acme.Order"}, kText);
  ASSERT_EQ(bytes.status, 0) << bytes.err;
  ASSERT_FALSE(mentions(bytes.out, "\n")) << "it would be two lines";
  const RunResult result = job(step("last", "decode", "in"), bytes.out);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, kJson + "\n");
}

// The processes talk to each other by messages of their own, through the small libprotobuf that
// the host is linked with; the plugin brings the whole one.
TEST_F(ProtobufInAJob, ItGetsAlongWithTheLibraryOfTheHost) {
  std::string input;
  for (int i = 1; i <= 2000; ++i) input += "{\"id\":\"" + std::to_string(i) + "\"}\n";
  const std::string steps = step("there", "encode", "in") +
                            "[operator.spread]\nuse = \"core.redistribute\"\nfrom = \"there\"\n" +
                            step("last", "decode", "spread");
  const RunResult result = job(steps, input, {"--processes", "3"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(sorted_lines(result.out), sorted_lines(input));
  EXPECT_FALSE(mentions(result.err, "libprotobuf")) << result.err;
}

TEST_F(ProtobufInAJob, BadRecordsGoToTheErrorsPort) {
  const RunResult result =
      job(step("last", "encode", "in", "framing = \"confluent\"\nschema_id = 5") +
              "[sink.errors]\nuse = \"stdio.lines\"\nfrom = \"last.errors\"\nformat = \"bad "
              "{value}\"\n",
          "{\"id\":\"x\"}\n{}\n");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(mentions(result.out, std::string("\0\0\0\0\5\0\n", 7)));
  EXPECT_TRUE(mentions(result.out, "in field id, at byte 6: \\\"x\\\" is no number")) << result.out;
}

TEST_F(ProtobufInAJob, ABadRecordFailsTheJobWithItsPlace) {
  const RunResult result = job(step("last", "decode", "in"),
                               "\x08\x05\x12\x7f"
                               "abc\n");
  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(mentions(result.err, "at byte 3: field 2 needs 127 bytes, but there are only 3"))
      << result.err;
  EXPECT_FALSE(mentions(result.err, "libprotobuf")) << result.err;
}

TEST_F(ProtobufInAJob, MistakesAreFoundByCheck) {
  const auto checked = [&](const std::string& steps) {
    const std::string manifest = folder_.write(
        "check.toml", "name = \"check\"\n[source.in]\nuse = \"stdio.lines\"\n" + steps +
                          "[sink.out]\nuse = \"stdio.lines\"\nfrom = \"last\"\n");
    const RunResult result = streamhost({"check", "--manifest", manifest});
    EXPECT_EQ(result.status, 2) << result.err;
    EXPECT_FALSE(mentions(result.err, "libprotobuf")) << result.err;
    return result.err;
  };
  const std::string begin = "[operator.last]\nuse = \"protobuf.decode\"\nfrom = \"in\"\n";
  EXPECT_TRUE(mentions(checked(begin + "descriptor_set = \"acme.pb\"\nmessage = \"acme.Oder\"\n"),
                       "has no message \"acme.Oder\" (did you mean \"acme.Order\"?)"));
  EXPECT_TRUE(mentions(checked(begin + "descriptor_set = \"no.pb\"\nmessage = \"acme.Order\"\n"),
                       "cannot be read: No such file or directory"));
  EXPECT_TRUE(
      mentions(checked(begin + "descriptor_set = \"acme.proto\"\nmessage = \"acme.Order\"\n"),
               "is no descriptor set; make it with protoc --include_imports"));
  ASSERT_EQ(protoc({"--descriptor_set_out=" + (folder_ / "alone.pb")}).status, 0);
  EXPECT_TRUE(mentions(checked(begin + "descriptor_set = \"alone.pb\"\nmessage = \"acme.Order\"\n"),
                       "imports google/protobuf/timestamp.proto, which the set does not hold"));
}

TEST(ProtobufManifest, HasTheSetThatProtocMakesOfItsFile) {
  const std::string data = STREAMHOST_SOURCE_DIR "/manifests/data/";
  const TempDir folder;
  const RunResult made = run({"protoc", "-I" + data, "--include_imports",
                              "--descriptor_set_out=" + (folder / "shop.pb"), "shop.proto"});
  if (made.status == 127) GTEST_SKIP() << "NOT CHECKED: there is no protoc here";
  ASSERT_EQ(made.status, 0) << made.err;
  EXPECT_EQ(read_file(folder / "shop.pb"), read_file(data + "shop.pb"));
}

}  // namespace
}  // namespace streamhost::testing
