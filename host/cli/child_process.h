// A child of this program that is this program again.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/status.h"

namespace streamhost {

struct ChildProcess {
  pid_t pid = -1;
  int out = -1;  // where what it writes can be read; the caller's to close
  int err = -1;
};

// Starts this program with these arguments (after its name) and this environment ("NAME=value").
// It is in a process group of its own, where no terminal's signals reach it, and is killed when the
// calling thread ends. `input`: its standard input, which stays the caller's; -1: none. The signals
// that the caller blocks are not blocked in it. Errors: kFailed. Async-safe after the fork, so that
// threads may run in the caller.
Result<ChildProcess> start_child(const std::vector<std::string>& arguments,
                                 const std::vector<std::string>& environment, int input);

}  // namespace streamhost
