// Manifests that are wrong: what the host says, where, and that nothing runs.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "support/process.h"

namespace streamhost::testing {
namespace {

namespace fs = std::filesystem;

// Parts that most of these manifests need beside the mistake.
const std::string kSource = "[source.a]\nuse = \"demo.sequence\"\ncount = 3\n";  // 3 lines
const std::string kSink = "[sink.out]\nuse = \"stdio.lines\"\nfrom = \"a\"\n";

RunResult host_in(const TempDir& folder, const std::vector<std::string>& arguments) {
  RunOptions options;
  options.directory = folder.path().string();
  return streamhost(arguments, options);
}

// What every verb that reads manifests says about job.toml, which has a mistake.
std::string refusal(const TempDir& folder, int status = 2) {
  const RunResult run = host_in(folder, {"--manifest", "job.toml"});
  EXPECT_EQ(run.status, status) << run.err;
  EXPECT_EQ(run.out, "");
  for (const char* verb : {"check", "graph"}) {
    const RunResult other = host_in(folder, {verb, "--manifest", "job.toml"});
    EXPECT_EQ(other.status, status) << verb;
    EXPECT_EQ(other.out, "") << verb;
    EXPECT_EQ(other.err, run.err) << verb;
  }
  return run.err;
}

std::string refusal_of(const std::string& manifest, int status = 2) {
  const TempDir folder;
  folder.write("job.toml", manifest);
  return refusal(folder, status);
}

TEST(NoManifest, AFileThatIsNotThere) {
  const TempDir folder;
  EXPECT_EQ(refusal(folder), "error: cannot read job.toml: No such file or directory\n");
  fs::create_symlink("nowhere", folder / "job.toml");
  EXPECT_EQ(refusal(folder), "error: cannot read job.toml: No such file or directory\n");
}

TEST(NoManifest, AFolderOrADeviceIsNoManifest) {
  const TempDir folder;
  fs::create_directory(folder / "job.toml");
  EXPECT_EQ(refusal(folder), "error: cannot read job.toml: Is a directory\n");
  fs::remove(folder / "job.toml");
  fs::create_symlink("/dev/zero", folder / "job.toml");
  EXPECT_EQ(refusal(folder), "error: cannot read job.toml: it is not a regular file\n");
}

TEST(NoManifest, AFileWithoutStepsIsNone) {
  EXPECT_EQ(refusal_of(""),
            "job.toml: error: there are no steps: a dataflow needs at least a [source.ID] and a "
            "[sink.ID]\n");
}

TEST(NotToml, IsSaidWithItsPlace) {
  EXPECT_EQ(
      refusal_of("[source.a\nuse = \"demo.sequence\"\n"),
      "job.toml:1:10: error: this is not TOML: expected ']', saw '\\n' (in a table header)\n");
  EXPECT_EQ(refusal_of("name = \"x\n" + kSource),
            "job.toml:1:10: error: this is not TOML: the line or the text ends within a string, or "
            "a control character stands in it (in a string)\n");
  EXPECT_EQ(refusal_of("\xff\xfe"),
            "job.toml:1:1: error: this is not TOML: Encountered invalid utf-8 sequence\n");
}

TEST(NotToml, NothingMayBeGivenTwice) {
  EXPECT_EQ(refusal_of(kSource + "count = 4\n" + kSink),
            "job.toml:4:1: error: \"count\" is given twice in one table; the first is in line 3\n");
  EXPECT_EQ(refusal_of(kSource + kSource + kSink),
            "job.toml:4:1: error: table [source.a] is given twice; the first is in line 1\n");
}

TEST(UnknownNames, OfTables) {
  EXPECT_EQ(refusal_of(kSource + "[snik.out]\nuse = \"stdio.lines\"\nfrom = \"a\"\n"),
            "job.toml:4:2: error: unknown table \"snik\" (did you mean \"sink\"?)\n");
  EXPECT_EQ(refusal_of("colour = 1\n" + kSource + kSink),
            "job.toml:1:1: error: unknown key \"colour\" outside of all tables\n");
}

TEST(UnknownNames, OfSteps) {
  EXPECT_EQ(refusal_of("[source.numbers]\nuse = \"demo.sequence\"\n[sink.out]\n"
                       "use = \"stdio.lines\"\nfrom = [\"numbers\", \"nubmers\"]\n"),
            "job.toml:5:20: error: unknown step \"nubmers\" (did you mean \"numbers\"?)\n");
}

TEST(UnknownNames, OfPorts) {
  EXPECT_EQ(refusal_of("[source.a]\nuse = \"demo.nexmark\"\n[sink.out]\nuse = \"stdio.lines\"\n"
                       "from = \"a.bidz\"\n"),
            "job.toml:5:8: error: step \"a\" (demo.nexmark) has no port \"bidz\" (did you mean "
            "\"bids\"?); it has: out, persons, auctions, bids, errors\n");
}

TEST(UnknownNames, OfComponents) {
  EXPECT_EQ(refusal_of(kSource + "[sink.out]\nuse = \"stdio.line\"\nfrom = \"a\"\n"),
            "job.toml:5:7: error: plugin \"stdio\" has no sink \"line\" (did you mean "
            "\"lines\"?)\n");
  EXPECT_EQ(refusal_of(kSource + "[operator.b]\nuse = \"demo.sequence\"\nfrom = \"a\"\n" + kSink),
            "job.toml:5:7: error: demo.sequence is a source, not an operator\n");
  EXPECT_EQ(refusal_of(kSource + "[sink.out]\nuse = \"lines\"\nfrom = \"a\"\n"),
            "job.toml:5:7: error: use: \"lines\" is not a component: write \"plugin.component\", "
            "such as \"file.lines\"\n");
}

TEST(UnknownNames, OfPluginsHaveAStatusOfTheirOwn) {
  const std::string job = kSource + "[sink.out]\nuse = \"sdtio.lines\"\nfrom = \"a\"\n";
  const std::string message = refusal_of(job, 3);
  const std::string begin = "job.toml:5:7: error: plugin \"sdtio\" was not found in ";
  const std::string end = " (did you mean \"stdio\"?)\n";
  EXPECT_EQ(message.rfind(begin, 0), 0U) << message;
  EXPECT_EQ(message.find(end), message.size() - end.size()) << message;
  // With another mistake beside it, the manifest is what has to be mended.
  refusal_of("nmae = \"x\"\n" + job, 2);
}

TEST(UnknownNames, OfOptions) {
  EXPECT_EQ(refusal_of(kSource + kSink + "fromat = \"{value}\"\n"),
            "job.toml:7:1: error: unknown option \"fromat\" of stdio.lines (did you mean "
            "\"format\"?)\n");
  EXPECT_EQ(refusal_of("[run]\nwrokers = 2\n" + kSource + kSink),
            "job.toml:2:1: error: unknown key \"wrokers\" in [run] (did you mean \"workers\"?)\n");
}

TEST(WrongOptions, OfEveryTypeAndRangeAreSaidWithTheirPlaces) {
  EXPECT_EQ(
      refusal_of("[source.a]\n"
                 "use = \"demo.sequence\"\n"
                 "count = 2.5\n"
                 "rate = \"fast\"\n"
                 "keys = -1\n"
                 "order = \"randon\"\n"
                 "partitions = 0\n"
                 "size = \"2MiB\"\n"
                 "time_start = \"yesterday\"\n"
                 "time_step = \"5 minutes\"\n"
                 "[source.b]\n"
                 "use = \"file.csv\"\n"
                 "path = 7\n"
                 "header = \"yes\"\n"
                 "columns = { a = 1 }\n"
                 "[operator.c]\n"
                 "use = \"json.project\"\n"
                 "from = [\"a\", \"b\"]\n"
                 "fields = \"/a\"\n"
                 "[sink.out]\n"
                 "use = \"stdio.lines\"\n"
                 "from = \"c\"\n"),
      "job.toml:3:9: error: option \"count\" of demo.sequence must be an integer, not a float\n"
      "job.toml:4:8: error: option \"rate\" of demo.sequence must be a number, not a string\n"
      "job.toml:5:8: error: option \"keys\" of demo.sequence must be between 0 and 10000000; it is "
      "-1\n"
      "job.toml:6:9: error: option \"order\" of demo.sequence must be one of \"cyclic\", "
      "\"random\"; it is \"randon\" (did you mean \"random\"?)\n"
      "job.toml:7:14: error: option \"partitions\" of demo.sequence must be between 1 and 65536; "
      "it is 0\n"
      "job.toml:8:8: error: option \"size\" of demo.sequence must be between 0B and 1MiB; it is "
      "2MiB\n"
      "job.toml:9:14: error: option \"time_start\" of demo.sequence is wrong: \"yesterday\" is not "
      "a time: write it as \"2024-05-01T10:00:00Z\" or with an offset\n"
      "job.toml:10:13: error: option \"time_step\" of demo.sequence is wrong: \"5 minutes\" is not "
      "a duration: write numbers with units (us ms s m h d), such as \"250ms\", \"10s\", "
      "\"2h30m\"\n"
      "job.toml:13:8: error: option \"path\" of file.csv must be a string, not an integer; put it "
      "in quotes\n"
      "job.toml:14:10: error: option \"header\" of file.csv must be true or false, not a string\n"
      "job.toml:15:11: error: option \"columns\" of file.csv must be an array or a single value, "
      "not a table\n"
      "job.toml:19:10: error: option \"fields\" of json.project must be a table { name = value, … "
      "}, not a string\n");
}

TEST(WrongOptions, OneThatIsRequiredIsMissing) {
  EXPECT_EQ(refusal_of(kSource + "[operator.b]\nuse = \"text.match\"\nfrom = \"a\"\n" + kSink),
            "job.toml:4:1: error: text.match needs the option \"pattern\": the RE2 expression\n");
}

TEST(WrongOptions, OnErrorIsOneOfTwoWords) {
  EXPECT_EQ(refusal_of(kSource + "on_error = \"ignore\"\n" + kSink + "on_error = true\n"),
            "job.toml:4:12: error: on_error must be \"fail\" or \"skip\", not \"ignore\"\n"
            "job.toml:8:12: error: on_error must be a string, not a boolean\n");
}

TEST(WrongGraphs, AnIdIsTaken) {
  EXPECT_EQ(refusal_of(kSource + "[operator.a]\nuse = \"core.key_rm\"\nfrom = \"a\"\n" + kSink),
            "job.toml:4:1: error: the id \"a\" is taken: [source.a] at job.toml:1:1 has it\n");
}

TEST(WrongGraphs, RecordsWouldGoRoundInACircle) {
  EXPECT_EQ(refusal_of(kSource +
                       "[operator.b]\nuse = \"core.key_rm\"\nfrom = [\"a\", \"d\"]\n"
                       "[operator.c]\nuse = \"core.key_rm\"\nfrom = \"b\"\n"
                       "[operator.d]\nuse = \"core.key_rm\"\nfrom = \"c\"\n" +
                       kSink),
            "job.toml:6:14: error: the records would go round in a circle: b -> c -> d -> b\n");
}

TEST(WrongGraphs, FromIsMissing) {
  EXPECT_EQ(refusal_of(kSource + "[sink.out]\nuse = \"stdio.lines\"\n"),
            "job.toml:4:1: error: [sink.out] has no \"from\": say whose records it reads, such as "
            "from = \"lines\"\n");
}

TEST(WrongGraphs, UseIsMissing) {
  EXPECT_EQ(refusal_of(kSource + "[sink.out]\nfrom = \"a\"\n"),
            "job.toml:4:1: error: [sink.out] has no \"use\": say which component it is, such as "
            "use = \"file.lines\"\n");
}

TEST(WrongGraphs, AStepThatNobodyReadsIsAWarningAndTheJobRuns) {
  const TempDir folder;
  folder.write("job.toml", kSource + "[operator.b]\nuse = \"core.key_rm\"\nfrom = \"a\"\n" + kSink);
  const std::string warning =
      "job.toml:4:1: warning: nobody reads the operator \"b\": its records go nowhere\n";
  const RunResult checked = host_in(folder, {"check", "--manifest", "job.toml"});
  EXPECT_EQ(checked.status, 0);
  EXPECT_EQ(checked.out, "job.toml: ok, 3 steps\n");
  EXPECT_EQ(checked.err, warning);
  EXPECT_EQ(host_in(folder, {"graph", "--manifest", "job.toml"}).err, warning);

  const RunResult run = host_in(folder, {"--manifest", "job.toml"});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.out, "0\n1\n2\n");
  EXPECT_NE(run.err.find("warning job.toml:4:1: nobody reads the operator \"b\": its records go "
                         "nowhere\n"),
            std::string::npos)
      << run.err;
}

TEST(AllMistakes, ComeAtOnceInTheOrderOfTheirPlaces) {
  EXPECT_EQ(
      refusal_of("[run]\n"
                 "workers = \"lots\"\n"
                 "[sources.x]\n"
                 "use = \"demo.sequence\"\n"
                 "[source.a]\n"
                 "use = \"demo.sequenc\"\n"
                 "[source.b]\n"
                 "use = \"demo.sequence\"\n"
                 "cuont = 3\n"
                 "keys = 10_000_001\n"
                 "[operator.b]\n"
                 "use = \"core.key_rm\"\n"
                 "from = \"a\"\n"
                 "[operator.c]\n"
                 "use = \"core.redistribute\"\n"
                 "[operator.d]\n"
                 "use = \"core.redistribute\"\n"
                 "from = \"e\"\n"
                 "[operator.e]\n"
                 "use = \"core.redistribute\"\n"
                 "from = [\"d\", \"b.late\", \"nobody\"]\n"
                 "[sink.out]\n"
                 "use = \"stdio.lines\"\n"
                 "from = [\"e\", \"out\"]\n"),
      "job.toml:2:11: error: workers: \"lots\" is not a whole number from 0 to 1024, or \"auto\"\n"
      "job.toml:3:2: error: unknown table \"sources\" (did you mean \"source\"?)\n"
      "job.toml:6:7: error: plugin \"demo\" has no source \"sequenc\" (did you mean "
      "\"sequence\"?)\n"
      "job.toml:9:1: error: unknown option \"cuont\" of demo.sequence (did you mean \"count\"?)\n"
      "job.toml:10:8: error: option \"keys\" of demo.sequence must be between 0 and 10000000; it "
      "is 10000001\n"
      "job.toml:11:1: error: the id \"b\" is taken: [source.b] at job.toml:7:1 has it\n"
      "job.toml:14:1: error: [operator.c] has no \"from\": say whose records it reads, such as "
      "from = \"lines\"\n"
      "job.toml:18:8: error: the records would go round in a circle: d -> e -> d\n"
      "job.toml:21:14: error: step \"b\" (demo.sequence) has no port \"late\"; it has: out, "
      "errors\n"
      "job.toml:21:24: error: unknown step \"nobody\"\n"
      "job.toml:24:14: error: \"out\" is a sink: nothing can be read from it but "
      "\"out.errors\"\n");
}

TEST(AllMistakes, ThoseThatComponentsFindComeBeforeAnythingIsTouched) {
  const TempDir folder;
  folder.write("result.txt", "of yesterday\n");
  folder.write("job.toml",
               kSource +
                   "[operator.b]\nuse = \"text.match\"\nfrom = \"a\"\npattern = \"a[\"\n"
                   "[operator.k]\nuse = \"core.key_on\"\nfrom = \"b\"\nkey = \"keys\"\n"
                   "[sink.out]\nuse = \"file.lines\"\nfrom = \"k\"\n"
                   "path = \"result.txt\"\nformat = \"{valu}\"\n"
                   "[sink.all]\nuse = \"file.lines\"\nfrom = \"a\"\n"
                   "path = \"result.txt\"\n");
  const RunResult run = host_in(folder, {"--manifest", "job.toml", "-w", "4"});
  const RunResult checked = host_in(folder, {"check", "--manifest", "job.toml"});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.err,
            "job.toml:4:1: error: step \"b\" (text.match): option \"pattern\": \"a[\" is not a "
            "valid regular expression: missing ]: [, at byte 1 of the pattern\n"
            "job.toml:8:1: error: step \"k\" (core.key_on): key = \"keys\" is none of \"value\", "
            "\"header:NAME\", \"constant:TEXT\"\n"
            "job.toml:12:1: error: step \"out\" (file.lines): option \"format\", column 1: unknown "
            "placeholder {valu}; there are {key}, {value}, {timestamp} and {header:NAME}\n");
  EXPECT_EQ(checked.status, 2);
  EXPECT_EQ(checked.out, "");
  EXPECT_EQ(checked.err, run.err);
  EXPECT_EQ(read_file(folder / "result.txt"), "of yesterday\n");
}

}  // namespace
}  // namespace streamhost::testing
