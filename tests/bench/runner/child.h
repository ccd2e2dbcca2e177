// Runs one program and measures it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

using Command = std::vector<std::string>;

// What one run took.
struct Usage {
  double wall_s = 0;
  double cpu_s = 0;          // user and system, all threads
  uint64_t peak_rss_kb = 0;  // the most memory it had at one time
  int status = 0;            // exit status; 128 + N when signal N ended it
};

// What a program's standard input and output are, other than nothing.
enum class Streams { none, output_piped, input_held_open };

// A running program. Its standard error goes to the file `errors`. Killed when destroyed.
class Child {
 public:
  // `environment` holds "NAME=value" to add. Throws std::runtime_error when it cannot be started.
  Child(const Command& command, const std::vector<std::string>& environment,
        const std::string& errors, Streams streams = Streams::none);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  // Our end of its piped output or of its input, or -1.
  int pipe() const { return pipe_; }
  // All that comes out of its piped output. Waits for its end.
  std::string read_output() const;
  // Seconds since it was started.
  double age_s() const;
  void kill(int signal) const;
  // Waits for the end.
  Usage wait();

 private:
  pid_t pid_ = -1;
  int pipe_ = -1;
  double started_ = 0;
};

// Runs a program to its end; throws std::runtime_error with what it said when that is not status 0.
Usage run(const Command& command, const std::vector<std::string>& environment,
          const std::string& errors);

}  // namespace bench
