// Settings and options that come from the environment, from files and from flags.
#include <gtest/gtest.h>

#include <set>

#include "support/process.h"

namespace streamhost::testing {
namespace {

const std::string kJob =
    "[source.a]\nuse = \"demo.sequence\"\ncount = 16\npartitions = 8\n"
    "[operator.b]\nuse = \"core.inspect_debug\"\nfrom = \"a\"\n"
    "[sink.out]\nuse = \"file.lines\"\nfrom = \"b\"\npath = \"/dev/null\"\n";

RunResult run_job(const std::string& manifest, std::vector<std::string> arguments = {},
                  const std::vector<std::string>& environment = {}, const TempDir& folder = {}) {
  folder.write("job.toml", manifest);
  RunOptions options;
  options.directory = folder.path().string();
  options.environment = environment;
  arguments.insert(arguments.begin(), {"--manifest", "job.toml"});
  return streamhost(arguments, options);
}

// How many workers had records to show; every one gets some.
size_t workers_of(const std::string& settings, const std::vector<std::string>& arguments = {},
                  const std::vector<std::string>& environment = {}) {
  const RunResult run = run_job(settings + kJob, arguments, environment);
  EXPECT_EQ(run.status, 0) << run.err;
  std::set<std::string> seen;
  const std::string label = "worker=";
  for (size_t at = run.err.find(label); at != run.err.npos; at = run.err.find(label, at + 1)) {
    seen.insert(run.err.substr(at, run.err.find(' ', at) - at));
  }
  return seen.size();
}

TEST(Workers, AFlagBeatsTheEnvironmentBeatsTheFile) {
  const std::string file = "[run]\nworkers = 2\n";
  EXPECT_EQ(workers_of(""), 1U);
  EXPECT_EQ(workers_of(file), 2U);
  EXPECT_EQ(workers_of(file, {}, {"STREAMHOST_WORKERS=3"}), 3U);
  EXPECT_EQ(workers_of(file, {"-w", "4"}, {"STREAMHOST_WORKERS=3"}), 4U);
  EXPECT_EQ(workers_of(file, {"--workers", "5"}), 5U);
  // An empty variable is none.
  EXPECT_EQ(workers_of(file, {}, {"STREAMHOST_WORKERS="}), 2U);
}

// The refusal of a job, which must be one.
std::string refusal(const std::string& settings, const std::vector<std::string>& arguments = {},
                    const std::vector<std::string>& environment = {}) {
  const RunResult run = run_job(settings + kJob, arguments, environment);
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.out, "");
  return run.err;
}

TEST(Settings, ThatAreWrongSayWhereTheyCameFrom) {
  const std::string workers = " is not a whole number from 0 to 1024, or \"auto\"\n";
  EXPECT_EQ(refusal("[run]\nworkers = 2000\n"),
            "job.toml:2:11: error: workers: \"2000\"" + workers);
  EXPECT_EQ(refusal("", {}, {"STREAMHOST_WORKERS=many"}),
            "error: STREAMHOST_WORKERS: \"many\"" + workers);
  EXPECT_EQ(refusal("", {"-w", "0x"}), "error: --workers: \"0x\"" + workers);

  const std::string batch = " is not a whole number from 1 to 65536\n";
  EXPECT_EQ(refusal("[run]\nbatch_size = 0\n"), "job.toml:2:14: error: batch_size: \"0\"" + batch);
  EXPECT_EQ(refusal("", {}, {"STREAMHOST_BATCH_SIZE=1.5"}),
            "error: STREAMHOST_BATCH_SIZE: \"1.5\"" + batch);
  EXPECT_EQ(refusal("", {"--batch-size", "65537"}), "error: --batch-size: \"65537\"" + batch);

  EXPECT_EQ(refusal("[run]\nepoch = \"0s\"\nmemory = 1000\n"),
            "job.toml:2:9: error: epoch: \"0s\" is too short: at least \"1ms\"\n"
            "job.toml:3:10: error: memory: \"1000\" is too small: at least \"1MiB\"\n");
}

TEST(Settings, ThatAreWrongAreSaidAlthoughABetterOneWins) {
  EXPECT_EQ(refusal("[run]\nbatch_size = 0\n", {"-w", "2", "--batch-size", "7"},
                    {"STREAMHOST_WORKERS=-1"}),
            "error: STREAMHOST_WORKERS: \"-1\" is not a whole number from 0 to 1024, or \"auto\"\n"
            "job.toml:2:14: error: batch_size: \"0\" is not a whole number from 1 to 65536\n");
}

std::string printing(const std::string& format, const std::string& count = "2") {
  return "[source.a]\nuse = \"demo.sequence\"\ncount = " + count +
         "\n[sink.out]\nuse = \"stdio.lines\"\nfrom = \"a\"\nformat = \"" + format + "\"\n";
}

TEST(Substitution, TakesVariablesDefaultsAndFiles) {
  const TempDir folder;
  folder.write("secrets/word", "open sesame\n");
  const RunResult run = run_job(
      printing("${FIRST}, ${SECOND:-second}, ${THIRD:-}, ${file:secrets/word}, $$${FIRST}, $5: "
               "{value}"),
      {}, {"FIRST=$$first$", "SECOND="}, folder);
  EXPECT_EQ(run.status, 0) << run.err;
  // What was put in is not looked at again.
  const std::string line = "$$first$, second, , open sesame, $$$first$, $5: ";
  EXPECT_EQ(run.out, line + "0\n" + line + "1\n");
}

TEST(Substitution, SaysAllThatIsMissing) {
  const RunResult run = run_job("name = \"${STREAMHOST_TEST_UNSET}\"\n" +
                                printing("${file:gone} ${1X} ${file:} ${Y"));
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(run.err,
            "job.toml:1:8: error: the environment variable STREAMHOST_TEST_UNSET is not set: set "
            "it, or write ${STREAMHOST_TEST_UNSET:-default}\n"
            "job.toml:8:10: error: ${file:gone}: cannot read ./gone: No such file or directory\n"
            "job.toml:8:10: error: \"${1X}\" names no environment variable: write ${NAME}, "
            "${NAME:-default} or ${file:PATH}\n"
            "job.toml:8:10: error: \"${file:}\" names no file: write ${file:PATH}\n"
            "job.toml:8:10: error: \"${\" has no \"}\" (write \"$${\" for the two characters)\n");
}

TEST(Substitution, GivesNumbersToo) {
  const std::string job = printing("{value}", "\"${COUNT}\"");
  const RunResult run = run_job(job, {}, {"COUNT=3"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "0\n1\n2\n");
  const RunResult wrong = run_job(job, {}, {"COUNT=many"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_EQ(wrong.err,
            "job.toml:3:9: error: option \"count\" of demo.sequence must be an integer, not a "
            "string\n");
}

}  // namespace
}  // namespace streamhost::testing
