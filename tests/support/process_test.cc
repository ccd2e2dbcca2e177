#include "support/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

namespace streamhost::testing {
namespace {

using std::chrono::seconds;

TEST(Run, CollectsOutputErrorAndStatus) {
  const RunResult r = run({"sh", "-c", "echo one; echo two >&2; exit 3"});
  EXPECT_EQ(r.status, 3);
  EXPECT_EQ(r.out, "one\n");
  EXPECT_EQ(r.err, "two\n");
}

TEST(Run, FeedsMoreInputThanAPipeHolds) {
  RunOptions options;
  options.input = std::string(1 << 20, 'x');
  EXPECT_EQ(run({"wc", "-c"}, options).out, "1048576\n");
}

TEST(Run, SurvivesAProgramThatDoesNotReadItsInput) {
  RunOptions options;
  options.input = std::string(1 << 20, 'x');
  EXPECT_EQ(run({"true"}, options).status, 0);
}

TEST(Run, KillsWhatTakesTooLong) {
  RunOptions options;
  options.limit = seconds(1);
  const RunResult r = run({"sleep", "20"}, options);
  EXPECT_EQ(r.status, 137);
  EXPECT_LT(r.took.count(), 10000);
}

TEST(Run, SetsEnvironmentAndFolder) {
  TempDir dir;
  RunOptions options;
  options.environment = {"STREAMHOST_TEST_WORD=blue", "HOME=/nowhere"};
  options.directory = dir.path().string();
  const RunResult r = run({"sh", "-c", "echo $STREAMHOST_TEST_WORD $HOME; pwd"}, options);
  EXPECT_EQ(r.out, "blue /nowhere\n" + dir.path().string() + "\n");
}

TEST(Run, OutputCanGoElsewhere) {
  TempDir dir;
  const int file = ::open(dir.write("file", "").c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  RunOptions options;
  options.out = file;
  const RunResult r = run({"sh", "-c", "echo there; echo here >&2"}, options);
  EXPECT_EQ(r.out, "");
  EXPECT_EQ(r.err, "here\n");
  EXPECT_EQ(::close(file), 0);  // still ours
  EXPECT_EQ(read_file(dir / "file"), "there\n");
}

TEST(Run, SaysWhatCannotBeRun) {
  const RunResult r = run({"/no/such/program"});
  EXPECT_EQ(r.status, 127);
  EXPECT_EQ(r.err, "cannot run /no/such/program: No such file or directory\n");
}

TEST(Child, TalksAndIsSignalled) {
  Child child({"sh", "-c",
               "trap 'echo bye; exit 5' TERM; read x; echo got $x; "
               "while true; do sleep 0.01; done"});
  child.write_input("word\n");
  ASSERT_TRUE(child.wait_for_output("got word"));
  child.signal(SIGTERM);
  const RunResult r = child.wait(seconds(10));
  EXPECT_EQ(r.status, 5);
  EXPECT_EQ(r.out, "got word\nbye\n");
  EXPECT_EQ(child.wait().status, 5);
}

TEST(Child, WaitingForOutputEndsWithTheProgram) {
  Child child({"true"});
  EXPECT_FALSE(child.wait_for_output("never", seconds(20)));
  EXPECT_EQ(child.wait().status, 0);
}

TEST(Child, ASignalIsReportedAs128PlusItsNumber) {
  Child child({"sleep", "20"});
  child.signal(SIGKILL);
  EXPECT_EQ(child.wait().status, 137);
}

TEST(TempDirTest, IsPrivateAndRemovesItselfWithAllItHolds) {
  std::filesystem::path path;
  {
    TempDir dir;
    path = dir.path();
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700u);
    const std::string file = dir.write("a/b/c.txt", "text");
    EXPECT_EQ(file, dir / "a/b/c.txt");
    EXPECT_EQ(read_file(file), "text");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(SortedLines, TakesTextWithOrWithoutALastNewline) {
  EXPECT_EQ(sorted_lines("b\na\n"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(sorted_lines("b\n\na"), (std::vector<std::string>{"", "a", "b"}));
  EXPECT_TRUE(sorted_lines("").empty());
}

}  // namespace
}  // namespace streamhost::testing
