// Runs programs in tests, above all the host itself, and looks at what they did.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace streamhost::testing {

struct RunResult {
  int status = -1;  // exit status; 128 + N when signal N ended it
  std::string out;
  std::string err;
  std::chrono::milliseconds took{0};
};

struct RunOptions {
  std::string input;                     // standard input; closed after it
  std::vector<std::string> environment;  // "NAME=value", added to this process's own
  std::string directory;                 // to run in; empty: here
  // Descriptors to be its standard output and error. They stay the caller's, who then looks at what
  // comes; -1: it is gathered, for RunResult and Child.
  int out = -1;
  int err = -1;
  std::chrono::seconds limit{60};  // then it is killed and status is 137
};

// Runs a program to its end. A program that cannot be started has status 127 and says so in `err`.
RunResult run(const std::vector<std::string>& command, const RunOptions& options = {});

// Runs the host under test (named by the environment variable STREAMHOST_UNDER_TEST, or by the
// build) with these arguments.
RunResult streamhost(std::vector<std::string> arguments, const RunOptions& options = {});
std::string streamhost_path();

// A program that keeps running while the test does things to it. Killed when destroyed, and when
// the thread that made it ends. Not for use by several threads at once.
class Child {
 public:
  // Standard input stays open, unless `options.input` is given: then it is closed after it.
  explicit Child(const std::vector<std::string>& command, const RunOptions& options = {});
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // -1 once it has been waited for.
  pid_t pid() const { return pid_; }
  // Whether it has not ended yet; one that was stopped (SIGSTOP) has not.
  bool running() const;
  void signal(int number);
  // Gives up when the program has closed its input, or takes nothing for `options.limit`.
  void write_input(std::string_view bytes);
  void close_input();
  // Waits until standard output or error contains `text`; false after `limit`, or at the end of
  // the program.
  bool wait_for_output(std::string_view text,
                       std::chrono::seconds limit = std::chrono::seconds(20));
  // Everything so far; empty when the caller took it.
  std::string out() const;
  std::string err() const;
  // Closes its input and waits for the end; kills it after `limit` (status 137). Later calls give
  // the same answer.
  RunResult wait(std::chrono::seconds limit = std::chrono::seconds(60));

 private:
  std::string out_path_, err_path_;
  pid_t pid_ = -1;
  int input_ = -1;
  std::chrono::steady_clock::time_point started_;
  std::chrono::seconds limit_;
  RunResult result_;
};

// A folder of its own for one test, removed with all it holds. Mode 0700.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // The path of a file in it, as a string.
  std::string operator/(std::string_view name) const;
  // Writes a file (making folders on the way) and returns its path.
  std::string write(std::string_view name, std::string_view content) const;

 private:
  std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path& path);
// The lines of a text, sorted: for output whose order is free.
std::vector<std::string> sorted_lines(std::string_view text);

}  // namespace streamhost::testing
