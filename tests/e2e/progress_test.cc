// The line that tells somebody at a terminal how far a job has come.
#include <gtest/gtest.h>
#include <unistd.h>

#include <regex>

#include "e2e/reader.h"
#include "support/process.h"

namespace streamhost::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr size_t kLines = 400'000;  // of 20 bytes

// Copies a file of 8 MB to a pipe that is read slowly until `error` shows `wanted`, then fast.
RunResult copy(Reader& error, bool terminal, const std::string& wanted, const char* workers) {
  const TempDir folder;
  std::string text;
  for (size_t i = 0; i < kLines; ++i) text += "nineteen characters\n";
  folder.write("in.txt", text);
  Reader data = Reader::of_pipe();
  RunOptions options;
  options.out = data.writer();
  if (terminal) options.err = error.writer();
  Child job({streamhost_path(), "--manifest",
             folder.write("job.toml",
                          "[source.in]\nuse = \"file.lines\"\npath = \"in.txt\"\n[sink.out]\n"
                          "use = \"stdio.lines\"\nfrom = \"in\"\n"),
             "-w", workers},
            options);
  data.close_writer();
  error.close_writer();
  // One piece of data for each look at the terminal, at most for half a minute.
  for (int i = 0; i < 10'000 && data.text().size() < text.size() / 2; ++i) {
    if (!wanted.empty() && error.text().find(wanted) != std::string::npos) break;
    EXPECT_TRUE(data.read(4096, seconds(20)));
    if (terminal) error.read(4096, milliseconds(3));
    if (!terminal) ::usleep(3000);
  }
  data.read_to_end();
  if (terminal) error.read_to_end();
  EXPECT_TRUE(data.text() == text);
  return job.wait();
}

TEST(Progress, IsShownOnATerminalAndWipedAtTheEnd) {
  for (const char* workers : {"1", "2"}) {
    Reader terminal = Reader::of_terminal();
    const RunResult run = copy(terminal, true, " left", workers);
    EXPECT_EQ(run.status, 0);
    const std::string& shown = terminal.text();
    // "\r1.2 MB of 8.0 MB (15 %), 123.4 krecords/s, 3s left\e[K"
    const std::regex line(
        "\r[0-9]+(\\.[0-9])? [kM]?B of 8\\.0 MB \\([0-9]+ %\\), [0-9]+(\\.[0-9])? "
        "[kM]?records/s, ([0-9]+m)?[0-9]+s left\x1b\\[K");
    EXPECT_TRUE(std::regex_search(shown, line)) << shown;
    const std::string wiped = "\r\x1b[K";
    ASSERT_GT(shown.size(), wiped.size());
    EXPECT_EQ(shown.substr(shown.size() - wiped.size()), wiped) << shown;
    EXPECT_EQ(shown.find('\n'), std::string::npos) << shown;
  }
}

TEST(Progress, IsSilentWhenStandardErrorIsNoTerminal) {
  Reader nothing = Reader::of_pipe();
  const RunResult run = copy(nothing, false, "", "1");
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.err, "");
}

}  // namespace
}  // namespace streamhost::testing
