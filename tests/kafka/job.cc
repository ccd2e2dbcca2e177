#include "kafka/job.h"

#include <unistd.h>

#include <atomic>
#include <thread>

namespace streamhost::kafka_test {

std::string kafka_source(const std::string& brokers, const std::string& topic,
                         const std::string& more, const std::string& id) {
  return "[source." + id + "]\nuse = \"kafka.source\"\nbrokers = \"" + brokers +
         "\"\ntopics = [\"" + topic + "\"]\n" + more;
}

std::string kafka_sink(const std::string& from, const std::string& brokers,
                       const std::string& topic, const std::string& more, const std::string& id) {
  return "[sink." + id + "]\nuse = \"kafka.sink\"\nfrom = \"" + from + "\"\nbrokers = \"" +
         brokers + "\"\ntopic = \"" + topic + "\"\n" + more;
}

std::string properties(const std::vector<std::string>& all) {
  std::string line;
  for (const std::string& property : all) {
    const size_t at = property.find('=');
    line += (line.empty() ? "properties = { \"" : ", \"") + property.substr(0, at) + "\" = \"" +
            property.substr(at + 1) + "\"";
  }
  return line + " }\n";
}

Job::Job(const std::string& steps, int workers) : workers_(workers) {
  static std::atomic<int> number{0};
  folder_.write("job.toml", "name = \"job" + std::to_string(number++) + "\"\n" + steps);
}

std::vector<std::string> Job::arguments(bool recovery) const {
  std::vector<std::string> all = {"--manifest", folder_ / "job.toml", "-w",
                                  std::to_string(workers_)};
  if (recovery) all.insert(all.end(), {"-r", folder_ / "store", "-s", "50ms"});
  return all;
}

testing::RunResult Job::run(bool recovery) const {
  return testing::streamhost(arguments(recovery));
}

std::unique_ptr<testing::Child> Job::start() const {
  std::vector<std::string> command = arguments();
  command.insert(command.begin(), testing::streamhost_path());
  return std::make_unique<testing::Child>(command);
}

bool eventually(const std::function<bool()>& what, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!what()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace streamhost::kafka_test
