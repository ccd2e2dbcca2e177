// The plugin avro through the real host. What needs a registry is in tests/registry.
#include <gtest/gtest.h>

#include "support/process.h"

namespace streamhost::testing {
namespace {

const std::string kSchema =
    R"({"type":"record","name":"R","fields":[{"name":"id","type":"int"},{"name":"tags","type":{"type":"array","items":"string"},"default":[]}]})";

// Lines are encoded, and decoded again.
RunResult run_job(const std::string& encode, const std::string& decode, const std::string& input,
                  const std::string& more = "", const std::vector<std::string>& verb = {}) {
  const TempDir folder;
  folder.write("r.avsc", kSchema);
  const std::string manifest = folder.write(
      "job.toml",
      "name = \"avro_test\"\n[source.in]\nuse = \"stdio.lines\"\n[operator.binary]\nuse = "
      "\"avro.encode\"\nfrom = \"in\"\n" +
          encode + "\n[operator.text]\nuse = \"avro.decode\"\nfrom = \"binary\"\n" + decode +
          "\n[sink.out]\nuse = \"stdio.lines\"\nfrom = \"text\"\nformat = \"{value}\"\n" + more);
  RunOptions run;
  run.input = input;
  std::vector<std::string> arguments = verb;
  arguments.insert(arguments.end(), {"--manifest", manifest});
  return streamhost(arguments, run);
}

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(AvroInAJob, EncodesAndDecodes) {
  const RunResult run = run_job("schema_file = \"r.avsc\"", "schema_file = \"r.avsc\"",
                                "{\"id\":1,\"tags\":[\"a\",\"ü\"]}\n{\"tags\":[],\"id\":2}\n"
                                "{\"id\":3}\n");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(sorted_lines(run.out),
            (std::vector<std::string>{R"({"id":1,"tags":["a","ü"]})", R"({"id":2,"tags":[]})",
                                      R"({"id":3,"tags":[]})"}));
}

TEST(AvroInAJob, BadRecordsGoToErrorsOrFailTheJob) {
  const std::string input = "{\"id\":1}\n{\"id\":\"x\"}\n?\n{\"id\":4}\n";
  const RunResult wired =
      run_job("schema_file = \"r.avsc\"",
              "schema = '{\"type\":\"record\",\"name\":\"R\",\"fields\":"
              "[{\"name\":\"id\",\"type\":\"int\"}]}'\nwriter_schema_file = \"r.avsc\"",
              input, "[sink.bad]\nuse = \"stdio.lines\"\nfrom = \"binary.errors\"\n");
  EXPECT_EQ(wired.status, 0) << wired.err;
  EXPECT_TRUE(mentions(wired.out, "{\"id\":1}\n")) << wired.out;
  EXPECT_TRUE(mentions(wired.out, "{\"id\":4}\n")) << wired.out;
  EXPECT_TRUE(mentions(wired.out, "a string is there where an int should be, at byte 6 in id"))
      << wired.out;
  EXPECT_TRUE(mentions(wired.out, "something that is not JSON is there where a record R should be"))
      << wired.out;
  const RunResult fails = run_job("schema_file = \"r.avsc\"", "schema_file = \"r.avsc\"", input);
  EXPECT_EQ(fails.status, 1);
  EXPECT_TRUE(mentions(fails.err, "at byte 6 in id")) << fails.err;
}

TEST(AvroInAJob, BytesThatAreNoAvroAreBadRecords) {
  const TempDir folder;
  const std::string manifest = folder.write("job.toml", R"(
name = "avro_test"
[source.in]
use = "stdio.lines"
[operator.text]
use = "avro.decode"
from = "in"
schema = '"string"'
[sink.out]
use = "stdio.lines"
from = "text"
[sink.bad]
use = "stdio.lines"
from = "text.errors"
)");
  RunOptions run;
  run.input = "\x04hi\nhello\n";
  const RunResult result = streamhost({"--manifest", manifest, "-w", "1"}, run);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(mentions(result.out, "\"hi\"\n")) << result.out;
  EXPECT_TRUE(mentions(result.out,
                       "the value is not Avro of its schema: the length 52 of a string is not "
                       "within the 4 bytes that are left, at byte 0"))
      << result.out;
}

TEST(AvroInAJob, MistakesAreFoundByCheck) {
  const auto refusal = [](const std::string& encode, const std::string& decode) {
    const RunResult run = run_job(encode, decode, "", "", {"check"});
    EXPECT_EQ(run.status, 2) << run.out;
    return run.err;
  };
  const std::string good = "schema_file = \"r.avsc\"";
  EXPECT_TRUE(mentions(refusal("schema = '{\"type\":\"recrod\"}'", good),
                       "step \"binary\" (avro.encode): schema: the schema at /type: unknown type "
                       "\"recrod\""));
  EXPECT_TRUE(mentions(refusal(good, "schema_file = \"gone.avsc\""), "gone.avsc\" cannot be read"));
  EXPECT_TRUE(mentions(refusal(good, "framing = \"confluent\""), "needs a registry"));
  EXPECT_TRUE(mentions(refusal(good, "framing = \"confluent\"\nregistry = { url = \"x\" }"),
                       "\"x\" is no URL of a registry"));
  EXPECT_TRUE(mentions(refusal(good, "framing = \"confluent\"\nregistry = { uri = \"x\" }"),
                       "did you mean \"url\"?"));
  // A registry that nobody answers at is no mistake in the manifest.
  const RunResult fine =
      run_job(good, "framing = \"confluent\"\nregistry = { url = \"http://127.0.0.1:1\" }", "", "",
              {"check"});
  EXPECT_EQ(fine.status, 0) << fine.err;
}

}  // namespace
}  // namespace streamhost::testing
