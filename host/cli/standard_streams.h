// Standard input, output and error at the edges of the process's life.
#pragma once

#include <sstream>
#include <streambuf>

namespace streamhost {

// Puts something in the place of standard streams that are closed, so that no other file can get
// their numbers and be written to by mistake, and makes writing to a closed pipe an error in place
// of a signal. First thing in main().
void settle_standard_streams();

// Collects what the verbs say on std::cout, and writes it in one go: whatever its length, the
// reason why it cannot be written is known. One at a time, in main().
class StandardOutput {
 public:
  StandardOutput();
  StandardOutput(const StandardOutput&) = delete;
  StandardOutput& operator=(const StandardOutput&) = delete;
  ~StandardOutput();

  // Writes what was said. Gives `status`, or 1, with a message, when not all of it got there.
  int finish(int status);

 private:
  std::stringbuf said_;
  std::streambuf* before_;
};

}  // namespace streamhost
