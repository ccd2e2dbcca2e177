// Two or three processes of a job of a few lines, for tests of one thing each.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "cluster/loopback.h"
#include "cluster/operation.h"
#include "cluster/runner.h"

namespace streamhost::cluster_test {

// Records without end, a thousand a second from each of four partitions, into a file.
inline const std::string kEndless =
    "name = \"small\"\n[source.a]\nuse = \"demo.sequence\"\npartitions = 4\nrate = 1000\n"
    "keys = 10\n[operator.n]\nuse = \"crash.running\"\nfrom = \"a\"\n"
    "[sink.out]\nuse = \"file.lines\"\nfrom = \"n\"\npath = \"out.txt\"\n";

// [one thread]
class SmallJob {
 public:
  // `cluster`: further lines of [cluster].
  explicit SmallJob(const std::string& manifest, const std::string& cluster = "",
                    bool recovery = true, size_t processes = 2, Limits limits = trial_limits())
      : network(processes, false),
        op({"small", manifest, nullptr, {}, false}, network, limits, cluster) {
    Shape shape;
    shape.workers.assign(processes, 1);
    shape.recovery = recovery;
    op.reshape(shape);
  }
  ~SmallJob() {
    if (!::testing::Test::HasFailure()) return;
    op.fail("what is said above");
    std::printf("%s\n", op.failure()->c_str());
  }

  // Waits until all run the job together.
  bool together() {
    return op.wait_until([this] { return op.all_together(); }, Millis(30'000));
  }
  // Waits until the output has something; only then is the job under way for sure.
  bool writes() {
    return op.wait_until(
        [this] {
          std::error_code none;
          return std::filesystem::file_size(op.folder() / "out.txt", none) > 0 && !none;
        },
        Millis(30'000));
  }
  // Waits until a process has said something.
  bool says(size_t process, const std::string& what) {
    const auto end = Clock::now() + Millis(30'000);
    while (op.member(process).said().find(what) == std::string::npos) {
      if (Clock::now() > end) return false;
      std::this_thread::sleep_for(Millis(5));
    }
    return true;
  }
  // The status of a process at its end; -1 when it does not end.
  int end_of(size_t process, Millis limit = Millis(40'000)) {
    const auto end = Clock::now() + limit;
    while (op.member(process).is_running()) {
      if (Clock::now() > end) return -1;
      std::this_thread::sleep_for(Millis(5));
    }
    return op.member(process).status().value_or(-1);
  }
  std::string said(size_t process) { return op.member(process).said(); }

  Loopback network;
  Operation op;
};

}  // namespace streamhost::cluster_test
