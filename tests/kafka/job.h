// Jobs from and to Kafka for the end to end tests.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/process.h"

namespace streamhost::kafka_test {

// Tables of a manifest. `more`: further options, whole lines.
std::string kafka_source(const std::string& brokers, const std::string& topic,
                         const std::string& more = "", const std::string& id = "in");
std::string kafka_sink(const std::string& from, const std::string& brokers,
                       const std::string& topic, const std::string& more = "",
                       const std::string& id = "out");
// The line `properties = { ... }` for the tables above; "NAME=VALUE".
std::string properties(const std::vector<std::string>& all);

// A job in a folder of its own, with a recovery store unless it is run without.
class Job {
 public:
  // `steps`: the manifest but for its name, which is made up.
  explicit Job(const std::string& steps, int workers = 2);

  const testing::TempDir& folder() const { return folder_; }
  void set_workers(int workers) { workers_ = workers; }
  // Further arguments of each run, "-r" and such.
  std::vector<std::string> arguments(bool recovery = true) const;

  // To its end.
  testing::RunResult run(bool recovery = true) const;
  // On its way.
  std::unique_ptr<testing::Child> start() const;

 private:
  testing::TempDir folder_;
  int workers_;
};

// Asks again and again until `what` holds; false when that takes longer than `limit`.
bool eventually(const std::function<bool()>& what,
                std::chrono::milliseconds limit = std::chrono::seconds(30));

}  // namespace streamhost::kafka_test
