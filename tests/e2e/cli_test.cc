// The command line: what each verb prints where, and how it ends.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <regex>

#include "e2e/json_check.h"
#include "support/process.h"

namespace streamhost::testing {
namespace {

namespace fs = std::filesystem;

const std::string kJob = R"(name = "numbers"

[source.numbers]
use   = "demo.sequence"
count = 4

[operator.keyed]
use  = "core.key_on"
from = "numbers"
key  = "constant:all"

[operator.total]
use  = "core.sum_final"
from = "keyed"

[sink.out]
use    = "stdio.lines"
from   = ["total", "total.errors"]
format = "{key}={value}"
)";

const std::vector<std::vector<std::string>> kVerbs = {
    {}, {"check"}, {"graph"}, {"plugin"}, {"plugin", "list"}, {"plugin", "show"}};

std::string name_of(const std::vector<std::string>& verb) {
  std::string name = "streamhost";
  for (const std::string& word : verb) name += " " + word;
  return name;
}

RunResult host(std::vector<std::string> verb, const std::vector<std::string>& arguments,
               const RunOptions& options = {}) {
  verb.insert(verb.end(), arguments.begin(), arguments.end());
  return streamhost(verb, options);
}

// A verb on a manifest of this content, in a folder of its own.
RunResult on_job(const std::vector<std::string>& verb, const std::string& manifest,
                 const std::vector<std::string>& arguments = {}, int out = -1) {
  const TempDir folder;
  folder.write("job.toml", manifest);
  RunOptions options;
  options.directory = folder.path().string();
  options.out = out;
  std::vector<std::string> all = {"--manifest", "job.toml"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return host(verb, all, options);
}

TEST(CommandLine, EveryVerbHasHelp) {
  for (const auto& verb : kVerbs) {
    for (const char* flag : {"--help", "-h"}) {
      const RunResult run = host(verb, {flag});
      EXPECT_EQ(run.status, 0) << name_of(verb);
      EXPECT_NE(run.out.find("Usage: " + name_of(verb) + " ["), std::string::npos) << run.out;
      EXPECT_NE(run.out.find("Exit status: 0 done, 1 the job failed"), std::string::npos);
      EXPECT_EQ(run.err, "") << name_of(verb);
    }
  }
}

TEST(CommandLine, EveryVerbSaysItsVersion) {
  for (const auto& verb : kVerbs) {
    const RunResult run = host(verb, {"--version"});
    EXPECT_EQ(run.status, 0) << name_of(verb);
    EXPECT_EQ(run.out.rfind("streamhost ", 0), 0U) << run.out;
    EXPECT_EQ(std::count(run.out.begin(), run.out.end(), '.'), 2) << run.out;
    EXPECT_EQ(run.out.find('\n'), run.out.size() - 1) << run.out;
    EXPECT_EQ(run.err, "") << name_of(verb);
  }
}

// What is said about a wrong command line; nothing may be done then.
std::string usage_error(const std::vector<std::string>& arguments) {
  const RunResult run = streamhost(arguments);
  EXPECT_EQ(run.status, 2) << run.err;
  EXPECT_EQ(run.out, "");
  return run.err;
}

TEST(CommandLine, AFlagThatIsUnknownIsNamedByEveryVerb) {
  for (std::vector<std::string> verb : kVerbs) {
    const std::string name = name_of(verb);
    verb.emplace_back("--colour=red");
    EXPECT_EQ(usage_error(verb),
              "streamhost: unknown flag \"--colour\"; see " + name + " --help\n");
  }
}

TEST(CommandLine, WhatIsMisspeltIsGuessed) {
  EXPECT_EQ(usage_error({"check", "--manifset", "job.toml"}),
            "streamhost: unknown flag \"--manifset\" (did you mean \"--manifest\"?); see "
            "streamhost check --help\n");
  EXPECT_EQ(usage_error({"chek", "--manifest", "job.toml"}),
            "streamhost: unknown argument \"chek\" (did you mean \"check\"?); see streamhost "
            "--help\n");
  EXPECT_EQ(usage_error({"plugin", "lst"}),
            "streamhost: unknown argument \"lst\" (did you mean \"list\"?); see streamhost plugin "
            "--help\n");
}

TEST(CommandLine, WhatIsMissingIsNamed) {
  EXPECT_EQ(usage_error({}), "streamhost: --manifest FILE is missing; see streamhost --help\n");
  EXPECT_EQ(usage_error({"check"}),
            "streamhost: --manifest FILE is missing; see streamhost check --help\n");
  EXPECT_EQ(usage_error({"graph"}),
            "streamhost: --manifest FILE is missing; see streamhost graph --help\n");
  EXPECT_EQ(usage_error({"plugin", "show"}),
            "streamhost: NAME is required; see streamhost plugin show --help\n");
  EXPECT_EQ(usage_error({"plugin"}),
            "streamhost: a subcommand is required; see streamhost plugin --help\n");
}

TEST(CommandLine, TheManifestMayStandBeforeOrAfterTheVerb) {
  const TempDir folder;
  const std::string manifest = folder.write("job.toml", kJob);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"check", "-m", manifest}, {"-m", manifest, "check"}}) {
    const RunResult run = streamhost(words);
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(run.out, manifest + ": ok, 4 steps\n");
  }
}

TEST(Check, FindsNothingAndRunsNothing) {
  const TempDir folder;
  const std::string manifest =
      folder.write("job.toml",
                   "[source.a]\nuse = \"demo.sequence\"\n[sink.out]\nuse = \"file.lines\"\nfrom = "
                   "\"a\"\npath = \"out.txt\"\n");
  const RunResult run = streamhost({"check", "--manifest", manifest});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.out, manifest + ": ok, 2 steps\n");
  EXPECT_EQ(run.err, "");
  EXPECT_FALSE(fs::exists(folder / "out.txt"));
}

TEST(Graph, InMermaidWhichIsTheDefault) {
  const RunResult run = on_job({"graph"}, kJob);
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out,
            "flowchart LR\n"
            "  step_numbers([\"numbers<br/>demo.sequence\"])\n"
            "  step_keyed[\"keyed<br/>core.key_on\"]\n"
            "  step_total[[\"total<br/>core.sum_final\"]]\n"
            "  step_out[(\"out<br/>stdio.lines\")]\n"
            "  step_numbers --> step_keyed\n"
            "  step_keyed --> step_total\n"
            "  step_total --> step_out\n"
            "  step_total -->|\"errors\"| step_out\n");
  EXPECT_EQ(on_job({"graph"}, kJob, {"--format", "mermaid"}).out, run.out);
}

TEST(Graph, InDot) {
  const RunResult run = on_job({"graph"}, kJob, {"--format", "dot"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out,
            "digraph \"numbers\" {\n"
            "  rankdir=LR;\n"
            "  \"numbers\" [shape=ellipse, label=\"numbers\\ndemo.sequence\"];\n"
            "  \"keyed\" [shape=box, label=\"keyed\\ncore.key_on\"];\n"
            "  \"total\" [shape=box, peripheries=2, label=\"total\\ncore.sum_final\"];\n"
            "  \"out\" [shape=cylinder, label=\"out\\nstdio.lines\"];\n"
            "  \"numbers\" -> \"keyed\";\n"
            "  \"keyed\" -> \"total\";\n"
            "  \"total\" -> \"out\";\n"
            "  \"total\" -> \"out\" [label=\"errors\"];\n"
            "}\n");
}

TEST(Graph, InJson) {
  const RunResult run = on_job({"graph"}, kJob, {"-f", "json"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_TRUE(is_json(run.out));
  EXPECT_EQ(run.out,
            R"({
  "name": "numbers",
  "steps": [
    {"id": "numbers", "kind": "source", "component": "demo.sequence", "outputs": ["out"], "inputs": []},
    {"id": "keyed", "kind": "operator", "component": "core.key_on", "outputs": ["out"], "inputs": [""]},
    {"id": "total", "kind": "operator", "component": "core.sum_final", "outputs": ["out"], "inputs": [""]},
    {"id": "out", "kind": "sink", "component": "stdio.lines", "outputs": [], "inputs": [""]}
  ],
  "edges": [
    {"from": "numbers", "port": "out", "to": "keyed", "input": ""},
    {"from": "keyed", "port": "out", "to": "total", "input": ""},
    {"from": "total", "port": "out", "to": "out", "input": ""},
    {"from": "total", "port": "errors", "to": "out", "input": ""}
  ]
}
)");
}

TEST(Graph, InNoOtherFormat) {
  EXPECT_EQ(usage_error({"graph", "--manifest", "job.toml", "--format", "jsn"}),
            "streamhost: unknown format \"jsn\" (did you mean \"json\"?): the formats are mermaid, "
            "dot and json\n");
}

TEST(PluginList, NamesEveryBundledPluginWithItsComponents) {
  const RunResult run = streamhost({"plugin", "list"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.err, "");
  for (const char* name : {"core", "demo", "file", "json", "stdio", "text"}) {
    const std::regex entry("(^|\\n)" + std::string(name) + " [0-9.]+ \\(Apache-2\\.0\\)\\n  /.*/" +
                           std::string(name) + "\\.so\\n");
    EXPECT_TRUE(std::regex_search(run.out, entry)) << name << run.out;
  }
  EXPECT_NE(run.out.find("\n  sources  metrics, nexmark, sequence\n"), std::string::npos)
      << run.out;
  EXPECT_NE(run.out.find("\n  sinks    lines, partitioned\n"), std::string::npos) << run.out;
}

TEST(PluginList, IsJsonWhenAskedTo) {
  const RunResult run = streamhost({"plugin", "list", "--json"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_TRUE(is_json(run.out)) << run.out;
  EXPECT_NE(run.out.find("{\"id\": \"stdio.lines\", \"kind\": \"sink\""), std::string::npos);
}

TEST(PluginList, ShowsTheOthersWhenOneCannotBeLoaded) {
  const TempDir folder;
  const std::string file = folder.write("acme.so", "not a plugin\n");
  for (const char* format : {"", "--json"}) {
    std::vector<std::string> words = {"plugin", "list", "--plugin-path", folder.path()};
    if (*format != '\0') words.emplace_back(format);
    const RunResult run = streamhost(words);
    EXPECT_EQ(run.status, 3);
    EXPECT_NE(run.out.find("stdio"), std::string::npos) << run.out;
    EXPECT_EQ(run.err, "streamhost: plugin \"acme\" (" + file +
                           "): not a streamhost plugin: the file is not a shared object (ELF)\n");
  }
}

TEST(PluginShow, DescribesAPluginAndOneComponent) {
  const RunResult plugin = streamhost({"plugin", "show", "stdio"});
  EXPECT_EQ(plugin.status, 0) << plugin.err;
  const size_t at = plugin.out.find("stdio.lines (source)");
  ASSERT_NE(at, std::string::npos) << plugin.out;
  EXPECT_EQ(plugin.out.substr(at),
            "stdio.lines (source): lines of standard input\n"
            "  OPTION    TYPE     DEFAULT  VALUES\n"
            "  max_line  size     1MiB     1B to 1GiB  a longer line is rejected; in bytes\n"
            "  strip_cr  boolean  true                 take a line's end \"\\r\\n\" as \"\\n\"\n"
            "\n"
            "stdio.lines (sink): standard output, a line for each record\n"
            "  OPTION  TYPE    DEFAULT\n"
            "  format  string  {value}  what is written of a record: {key}, {value}, {timestamp}, "
            "{header:NAME}; {{ and }} are braces; a newline follows\n");

  const RunResult component = streamhost({"plugin", "show", "demo.sequence"});
  EXPECT_EQ(component.status, 0) << component.err;
  EXPECT_NE(component.out.find("demo.sequence (source): Numbers from 0 on"), std::string::npos);
  EXPECT_EQ(component.out.find("demo.metrics"), std::string::npos) << component.out;
}

TEST(PluginShow, IsJsonWhenAskedTo) {
  for (const char* name : {"core", "json", "demo.sequence", "stdio.lines"}) {
    const RunResult run = streamhost({"plugin", "show", name, "--json"});
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_TRUE(is_json(run.out)) << run.out;
  }
}

TEST(PluginShow, SaysWhatIsNotThere) {
  EXPECT_EQ(usage_error({"plugin", "show", "file.lnes"}),
            "streamhost: plugin \"file\" has no component \"lnes\" (did you mean "
            "\"file.lines\"?)\n");
  const RunResult run = streamhost({"plugin", "show", "flie"});
  EXPECT_EQ(run.status, 3);
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(run.err.rfind("streamhost: plugin \"flie\" was not found in ", 0), 0U) << run.err;
}

TEST(PluginPath, IsLookedAtFirstByEveryVerb) {
  const TempDir folder;
  fs::create_directories(folder / "mine");
  fs::copy_file(STREAMHOST_BINARY_DIR "/lib/streamhost/plugins/demo.so", folder / "mine/demo.so");
  const std::string mine = folder / "mine";
  const RunResult list = streamhost({"plugin", "list", "--plugin-path", mine});
  EXPECT_EQ(list.status, 0) << list.err;
  EXPECT_NE(list.out.find("\n  " + mine + "/demo.so\n"), std::string::npos) << list.out;
  const RunResult show = streamhost({"plugin", "show", "--plugin-path", mine, "demo"});
  EXPECT_EQ(show.status, 0) << show.err;
  EXPECT_NE(show.out.find("\n" + mine + "/demo.so\n"), std::string::npos) << show.out;

  // One that is no plugin, found first, is what a job gets.
  folder.write("broken/demo.so", "not a plugin\n");
  for (const std::vector<std::string>& verb : {std::vector<std::string>{}, {"check"}, {"graph"}}) {
    const RunResult good = on_job(verb, kJob, {"--plugin-path", mine});
    EXPECT_EQ(good.status, 0) << name_of(verb) << good.err;
    const RunResult run = on_job(verb, kJob, {"--plugin-path", folder / "broken"});
    EXPECT_EQ(run.status, 3) << name_of(verb) << run.err;
    EXPECT_EQ(run.err, "job.toml:4:9: error: plugin \"demo\" (" + (folder / "broken/demo.so") +
                           "): not a streamhost plugin: the file is not a shared object (ELF)\n");
  }
}

// A job that warns, says something about each record, and fails at the last.
const std::string kTalkative =
    "[source.in]\nuse = \"demo.sequence\"\ncount = 4\n"
    "[operator.bad]\nuse = \"text.replace\"\nfrom = \"in\"\npattern = \"3\"\nwith = \"nul\"\n"
    "[operator.shown]\nuse = \"core.inspect\"\nfrom = \"bad\"\n"
    "[operator.json]\nuse = \"json.extract\"\nfrom = \"shown\"\nvalue = \"\"\n"
    "[operator.unread]\nuse = \"core.key_rm\"\nfrom = \"json\"\n"
    "[sink.out]\nuse = \"stdio.lines\"\nfrom = \"json\"\n";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

TEST(Log, IsTextWithTimeAndLevelOnStandardErrorAndDataIsNot) {
  const RunResult run = on_job({}, kTalkative);
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.out, "");  // all four are one batch
  std::vector<std::string> told;
  for (const std::string& line : lines_of(run.err)) {
    // 2024-05-01 10:00:00.000 level …
    ASSERT_GT(line.size(), 25U) << line;
    EXPECT_EQ(std::string({line[4], line[7], line[10], line[13], line[16], line[19], line[23]}),
              "-- ::. ");
    told.push_back(line.substr(24));
  }
  const std::vector<std::string> expected = {
      "warning job.toml:16:1: nobody reads the operator \"unread\": its records go nowhere",
      "info shown: 0",
      "info shown: 1",
      "info shown: 2",
      "info shown: nul",
      "error step \"json\" (json.extract): the value is not JSON: \"nul\" is no value at byte 0: "
      "value \"nul\""};
  EXPECT_EQ(told, expected);
}

TEST(Log, IsOneJsonObjectALineWhenAskedTo) {
  const RunResult run = on_job({}, kTalkative, {"--log-format", "json"});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.out, "");
  const std::vector<std::string> lines = lines_of(run.err);
  EXPECT_EQ(lines.size(), 6U) << run.err;
  for (const std::string& line : lines) {
    EXPECT_TRUE(is_json(line)) << line;
    EXPECT_EQ(line.rfind("{\"time\":\"", 0), 0U) << line;
    EXPECT_NE(line.find("\",\"message\":\""), std::string::npos) << line;
  }
  EXPECT_NE(lines.back().find("\"level\":\"error\",\"message\":\"step \\\"json\\\""),
            std::string::npos)
      << lines.back();
}

TEST(Log, IsJsonAlsoWhenTheJobCannotStart) {
  for (const std::string& manifest :
       {std::string("[source.a\n"), std::string("[run]\nx = 1\ny = \"\xc3\xa9\"\n") + kJob,
        std::string("[source.a]\nuse = \"file.lines\"\npath = \"gone\"\n[sink.b]\nuse = "
                    "\"stdio.lines\"\nfrom = \"a\"\n")}) {
    const RunResult run = on_job({}, manifest, {"--log-format", "json"});
    EXPECT_NE(run.status, 0);
    EXPECT_FALSE(run.err.empty());
    for (const std::string& line : lines_of(run.err)) EXPECT_TRUE(is_json(line)) << line;
  }
}

TEST(Log, ShowsOnlyWhatIsAskedFor) {
  EXPECT_EQ(lines_of(on_job({}, kTalkative, {"--log-level", "warn"}).err).size(), 2U);
  EXPECT_EQ(lines_of(on_job({}, kTalkative, {"--log-level", "error"}).err).size(), 1U);
  const RunResult silent = on_job({}, kTalkative, {"--log-level", "off"});
  EXPECT_EQ(silent.err, "");
  EXPECT_EQ(silent.status, 1);
}

TEST(Log, HasNoOtherLevelsAndFormats) {
  EXPECT_EQ(usage_error({"--manifest", "job.toml", "--log-level", "loud"}),
            "streamhost: unknown log level \"loud\": choose trace, debug, info, warn, error or "
            "off\n");
  EXPECT_EQ(usage_error({"--manifest", "job.toml", "--log-format", "xml"}),
            "streamhost: unknown log format \"xml\": choose text or json\n");
}

// Runs every verb with this as its standard output; all of them must say why that cannot be.
void expect_all_fail_to_write(int out, const std::string& why) {
  RunOptions options;
  options.out = out;
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--help"}, {"plugin", "list"}, {"plugin", "show", "core"}}) {
    const RunResult run = streamhost(words, options);
    EXPECT_EQ(run.status, 1) << words[0];
    EXPECT_EQ(run.err, "streamhost: cannot write to standard output: " + why + "\n") << words[0];
  }
  for (const char* verb : {"check", "graph"}) {
    const RunResult run = on_job({verb}, kJob, {}, out);
    EXPECT_EQ(run.status, 1) << verb;
    EXPECT_EQ(run.err, "streamhost: cannot write to standard output: " + why + "\n") << verb;
  }
}

TEST(StandardOutput, OnAFullDiskIsAFailureOfEveryVerb) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  expect_all_fail_to_write(full, "No space left on device");
  ::close(full);
}

TEST(StandardOutput, ThatNobodyReadsIsAFailureOfEveryVerbAndNoSignal) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  ::close(ends[0]);
  expect_all_fail_to_write(ends[1], "Broken pipe");
  ::close(ends[1]);
}

TEST(StandardOutput, ThatIsClosedGetsNoOtherFilesPlace) {
  const TempDir folder;
  const std::string command =
      "exec " + streamhost_path() + " --manifest " + folder.write("job.toml", kJob) + " >&-";
  const RunResult run = streamhost::testing::run({"sh", "-c", command});
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.err.find("error step \"out\" (stdio.lines): partition \"stdout\": cannot write to "
                         "standard output at byte 0: Bad file descriptor\n"),
            std::string::npos)
      << run.err;
}

}  // namespace
}  // namespace streamhost::testing
