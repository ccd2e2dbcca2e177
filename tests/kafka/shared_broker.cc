#include "kafka/shared_broker.h"

#include <atomic>
#include <cstdio>
#include <memory>

namespace streamhost::kafka_test {
namespace {

// Of the program. Ended by gtest before main() returns.
class SharedBroker final : public ::testing::Environment {
 public:
  static RealBroker& get() {
    if (!here()) here() = std::make_unique<RealBroker>();
    return *here();
  }
  void TearDown() override { here().reset(); }

 private:
  static std::unique_ptr<RealBroker>& here() {
    static std::unique_ptr<RealBroker> broker;
    return broker;
  }
};

[[maybe_unused]] const auto* const kEnvironment =
    ::testing::AddGlobalTestEnvironment(new SharedBroker);

}  // namespace

void WithBroker::SetUp() {
  if (no_broker().empty()) return;
  std::printf("%s\n", no_broker().c_str());
  GTEST_SKIP() << no_broker();
}

RealBroker& WithBroker::broker() { return SharedBroker::get(); }

std::string WithBroker::new_topic(int partitions, const std::vector<std::string>& configuration) {
  static std::atomic<int> topics{0};
  const std::string name =
      std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()).substr(0, 60) +
      "-" + std::to_string(topics++);
  witness().create(name, partitions, configuration);
  return name;
}

}  // namespace streamhost::kafka_test
