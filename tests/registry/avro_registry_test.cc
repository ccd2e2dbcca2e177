// Jobs whose values have Confluent's framing, with a registry on the loopback.
#include <gtest/gtest.h>

#include "avro/test_registry.h"
#include "support/process.h"

namespace streamhost::testing {
namespace {

using avro::TestRegistry;

const std::string kSchema = R"({"type":"record","name":"R","fields":[{"name":"id","type":"int"}]})";

struct Job {
  explicit Job(const TestRegistry& registry, const std::string& encode = "auto_register = true",
               const std::string& decode = "") {
    const std::string framing =
        "framing = \"confluent\"\nregistry = { url = [\"http://127.0.0.1:1\", "
        "\"" +
        registry.url() +
        "\"], username = \"u\", password = \"${PASSWORD}\", timeout = "
        "\"2s\" }\n";
    path = folder.write("job.toml",
                        "name = \"avro_registry\"\n[source.in]\nuse = \"stdio.lines\"\n"
                        "[operator.binary]\nuse = \"avro.encode\"\nfrom = \"in\"\nsubject = "
                        "\"orders-value\"\nschema = '" +
                            kSchema + "'\n" + encode + "\n" + framing +
                            "[operator.text]\nuse = \"avro.decode\"\nfrom = \"binary\"\n" + decode +
                            framing + "[sink.out]\nuse = \"stdio.lines\"\nfrom = \"text\"\n");
  }
  RunResult run(const std::string& input, const std::string& workers = "2") {
    RunOptions options;
    options.input = input;
    options.environment = {"PASSWORD=secret"};
    return streamhost({"--manifest", path, "-w", workers}, options);
  }
  TempDir folder;
  std::string path;
};

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(AvroWithARegistry, ValuesFindTheirSchemaThere) {
  TestRegistry registry;
  registry.require("Basic dTpzZWNyZXQ=");
  std::string input;
  for (int i = 0; i < 1000; ++i) input += "{\"id\":" + std::to_string(i) + "}\n";
  const RunResult run = Job(registry).run(input);
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(sorted_lines(run.out), sorted_lines(input));
  // Once for each step and worker that had a record, whatever their number.
  EXPECT_LE(registry.requests().size(), 4u);
}

TEST(AvroWithARegistry, AnUnregisteredSchemaEndsTheJobWithWhatToDo) {
  TestRegistry registry;
  const RunResult run = Job(registry, "").run("{\"id\":1}\n");
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(mentions(run.err, "register it, or set auto_register = true")) << run.err;
  EXPECT_FALSE(mentions(run.err, "secret")) << run.err;
}

TEST(AvroWithARegistry, OneThatIsDownEndsTheJobAndSkipsNothing) {
  TestRegistry registry;
  registry.mode(TestRegistry::Mode::kBroken);
  const RunResult run =
      Job(registry, "auto_register = true\non_error = \"skip\"").run("{\"id\":1}\n");
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(mentions(run.err, "http://127.0.0.1:1: cannot connect")) << run.err;
  EXPECT_TRUE(mentions(run.err, registry.url() + ": it answers with status 500")) << run.err;
}

TEST(AvroWithARegistry, WrongCredentialsEndTheJob) {
  TestRegistry registry;
  registry.require("Basic something-else");
  const RunResult run = Job(registry).run("{\"id\":1}\n");
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(mentions(run.err, "refuses the credentials")) << run.err;
  EXPECT_FALSE(mentions(run.err, "secret")) << run.err;
}

}  // namespace
}  // namespace streamhost::testing
