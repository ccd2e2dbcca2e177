// Things that happen once, however often a job is started again.
#pragma once

#include <string>

namespace testing_plugin {

// A file with a line for each thing that has happened: the option `once` of several components.
// The file outlives crashes of the process; removing it lets everything happen again.
class Once {
 public:
  // An empty path: nothing is remembered. The file is made by the first claim().
  explicit Once(std::string path) : path_(std::move(path)) {}

  // Whether there is a file.
  explicit operator bool() const { return !path_.empty(); }

  // True for the first caller who names `what`, over all threads, processes and runs; without a
  // file always. Throws streamhost::Error (unavailable) when the file cannot be written. [any]
  bool claim(const std::string& what) const;

 private:
  std::string path_;
};

}  // namespace testing_plugin
