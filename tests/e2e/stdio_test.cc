// The plugin stdio through the real host.
#include <gtest/gtest.h>

#include <csignal>

#include "support/process.h"

namespace streamhost::testing {
namespace {

using Lines = std::vector<std::string>;

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A job that copies standard input to standard output.
std::string copying(const TempDir& folder, const std::string& source_options = "",
                    const std::string& sink_options = "") {
  return folder.write(
      "job.toml", "name = \"stdio_test\"\n[source.in]\nuse = \"stdio.lines\"\n" + source_options +
                      "\n[sink.out]\nuse = \"stdio.lines\"\nfrom = \"in\"\n" + sink_options + "\n");
}

RunResult copy(const std::string& input, const std::string& source_options = "",
               const std::string& sink_options = "", const std::string& workers = "1") {
  const TempDir folder;
  RunOptions options;
  options.input = input;
  return streamhost({"--manifest", copying(folder, source_options, sink_options), "-w", workers},
                    options);
}

// Runs a shell command in which $HOST and $JOB are the host and a manifest that copies.
RunResult shell(const std::string& command) {
  const TempDir folder;
  RunOptions options;
  options.environment = {"HOST=" + streamhost_path(), "JOB=" + copying(folder),
                         "FOLDER=" + folder.path().string()};
  return run({"/bin/sh", "-c", command}, options);
}

TEST(Stdio, LinesPassAndTheLastNeedsNoNewline) {
  const RunResult result = copy("one\r\n\ntwo\nlast");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "one\n\ntwo\nlast\n");
}

TEST(Stdio, NoInputIsNoOutput) {
  const RunResult result = copy("");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "");
}

TEST(Stdio, MuchInputComesWholeAndInOrderOnAnyNumberOfWorkers) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) {
    text += std::to_string(i) + std::string(static_cast<size_t>(i % 100), '.') + "\n";
  }
  for (const char* workers : {"1", "3"}) {
    const RunResult result = copy(text, "", "", workers);
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_TRUE(result.out == text) << workers << " workers";
  }
}

TEST(Stdio, AFormatIsApplied) {
  const RunResult result = copy("a\nb\n", "", "format = \"<{value}>\"");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "<a>\n<b>\n");
}

TEST(Stdio, AFormatThatIsWrongIsRefused) {
  const RunResult result = copy("a\n", "", "format = \"{value\"");
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_TRUE(mentions(
      result.err, "option \"format\", column 1: \"{\" without \"}\"; write \"{{\" for a brace"))
      << result.err;
}

TEST(Stdio, ALineThatIsTooLongFailsTheJobOrIsSkipped) {
  const std::string input = "a\n" + std::string(400'000, 'x') + "\nb\n";
  const std::string message = "standard input: the line at byte 2 ";
  const RunResult failed = copy(input, "max_line = \"64KiB\"");
  EXPECT_EQ(failed.status, 1);
  EXPECT_TRUE(mentions(failed.err, message)) << failed.err;
  const RunResult skipped = copy(input, "max_line = \"64KiB\"\non_error = \"skip\"");
  EXPECT_EQ(skipped.status, 0) << skipped.err;
  EXPECT_EQ(skipped.out, "a\nb\n");
}

TEST(Stdio, LinesOfSeveralStepsStayWhole) {
  const TempDir folder;
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::string(static_cast<size_t>(i % 200), 'x') + "\n";
  folder.write("in.txt", text);
  const std::string source = "use = \"file.lines\"\npath = \"in.txt\"\n";
  const std::string manifest = folder.write(
      "job.toml", "name = \"stdio_test\"\n[source.a]\n" + source + "[source.b]\n" + source +
                      "[sink.x]\nuse = \"stdio.lines\"\nfrom = \"a\"\nformat = \"({value})\"\n"
                      "[sink.y]\nuse = \"stdio.lines\"\nfrom = \"b\"\nformat = \"<{value}>\"\n");
  const RunResult result = streamhost({"--manifest", manifest, "-w", "2"});
  EXPECT_EQ(result.status, 0) << result.err;
  const Lines lines = sorted_lines(result.out);
  EXPECT_EQ(lines.size(), 200'000u);
  for (const std::string& line : lines) {
    const char open = line.empty() ? 0 : line.front(), close = line.empty() ? 0 : line.back();
    ASSERT_TRUE((open == '(' && close == ')') || (open == '<' && close == '>')) << line;
    ASSERT_EQ(line.find_first_not_of('x', 1), line.size() - 1) << line;
  }
}

TEST(Stdio, ALineIsPrintedAsSoonAsItIsThere) {
  const TempDir folder;
  Child job({streamhost_path(), "--manifest", copying(folder), "-w", "2"});
  job.write_input("first\n");
  ASSERT_TRUE(job.wait_for_output("first\n")) << job.err();
  job.write_input("seco");
  job.write_input("nd\n");
  ASSERT_TRUE(job.wait_for_output("second\n")) << job.err();
  job.write_input("third");
  job.close_input();
  const RunResult result = job.wait();
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "first\nsecond\nthird\n");
}

TEST(Stdio, ASignalEndsAJobThatWaitsForInput) {
  const TempDir folder;
  Child job({streamhost_path(), "--manifest", copying(folder), "-w", "1"});
  job.write_input("one\n");
  ASSERT_TRUE(job.wait_for_output("one\n")) << job.err();
  job.signal(SIGTERM);
  const RunResult result = job.wait(std::chrono::seconds(20));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "one\n");
}

TEST(Stdio, AFileCanBeStandardInputAndOutput) {
  const RunResult result = shell(
      "printf 'a\\nb\\nc' > $FOLDER/in; $HOST --manifest $JOB < $FOLDER/in > $FOLDER/out && "
      "cat $FOLDER/out");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "a\nb\nc\n");
}

TEST(Stdio, AClosedStandardOutputFailsTheJobWithOneClearMessage) {
  const RunResult result =
      shell("( seq 1 300000 | $HOST --manifest $JOB; echo \"status $?\" >&2 ) | head -n 1");
  EXPECT_EQ(result.out, "1\n");
  EXPECT_TRUE(mentions(result.err, "status 1\n")) << result.err;
  const std::string message = "standard output was closed";
  EXPECT_TRUE(mentions(result.err, message)) << result.err;
  EXPECT_EQ(result.err.find(message), result.err.rfind(message)) << result.err;
}

TEST(Stdio, AFullDiskBehindStandardOutputFailsTheJob) {
  const RunResult result = shell("echo x | $HOST --manifest $JOB > /dev/full");
  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(
      mentions(result.err, "cannot write to standard output at byte 0: No space left on device"))
      << result.err;
}

TEST(Stdio, ADirectoryAsStandardInputIsAnError) {
  const RunResult result = shell("$HOST --manifest $JOB < $FOLDER");
  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(mentions(result.err, "cannot read standard input at byte 0: Is a directory"))
      << result.err;
}

}  // namespace
}  // namespace streamhost::testing
