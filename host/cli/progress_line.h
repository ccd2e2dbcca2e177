// The line on a terminal that says how far a job has come.
#pragma once

#include <cstdint>
#include <string>

#include "engine/engine.h"

namespace streamhost {

class ProgressLine {
 public:
  // Shows itself on stderr if that is a terminal; otherwise does nothing at all.
  ProgressLine();
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // How long to wait between two show() in ms; -1 when there is nobody to show it to.
  int interval_ms() const { return terminal_ ? 500 : -1; }
  // Draws the line anew, if the input is bounded.
  void show(const JobProgress& progress);
  // Wipes it, before something else is written.
  void clear();

  // "123.4 MB of 1.2 GB (10 %), 1.5 M records/s, 12s left".
  static std::string text(const JobProgress& progress, int64_t elapsed_us);

 private:
  const bool terminal_;
  const int64_t begun_us_;
  bool shown_ = false;
};

}  // namespace streamhost
