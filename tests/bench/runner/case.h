// A case of the benchmark: programs that do the same work, and the rows that set them side by side.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "child.h"
#include "compare.h"

namespace bench {

// One way to do the work of a case.
struct Program {
  std::string name;  // unique within the case, fit for a file name
  Command command;
  std::string output;  // the file it writes; removed before each run
  std::vector<std::string> environment;
  size_t right = 0;  // the program of the case, a loop, whose result it has to come to
};

// Sets a run of the host beside a run of a loop. All numbers index Case::programs.
struct Row {
  std::string name;
  unsigned workers = 1;
  size_t loop = 0;
  size_t host = 0;
  // With these, only the difference to them is compared: what a step costs without its source.
  std::optional<size_t> loop_base, host_base;
  // How many records (and steps) the time is divided by for rates; 0: the sum of the loop's counts.
  double units = 0;
  // The most that host / loop may be, or that one unit may take in nanoseconds; 0: nothing is
  // asked.
  double most_ratio = 0;
  double most_ns = 0;
  // The row of this case that the host's speedup is told over, and the least it may be.
  std::optional<size_t> faster_than;
  double least_speedup = 0;
};

struct Case {
  std::string name;
  Compare compare = Compare::lines;
  std::vector<Program> programs;  // each loop before those that are compared with it
  std::vector<Row> rows;
};

// What a row came to; all medians.
struct Result {
  std::string name;
  unsigned workers = 1;
  Usage loop, host;
  double loop_s = 0, host_s = 0;  // wall time, less the base where the row has one
  double ratio = 0;               // host_s / loop_s
  double units = 0;
  double speedup = 0;  // of the host over the row `faster_than`; 0 when there is none
  unsigned over = 0;   // that row's workers
  std::string wanted;  // the row's limits in words; empty when there are none
  bool met = true;     // whether they hold
};

// Runs every program of the case once to warm up, then all of them in turn, `runs` times, and
// checks each result against that of its loop. Throws std::runtime_error when a program fails or
// its result differs. `scratch` is a folder for error output.
std::vector<Result> measure(const Case& work, unsigned runs, const std::string& scratch);

// The middle of some numbers.
double median(std::vector<double> values);

}  // namespace bench
