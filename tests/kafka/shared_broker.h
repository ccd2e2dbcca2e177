// The base of the tests that need a real broker: one for all tests of a program.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "kafka/real_broker.h"

namespace streamhost::kafka_test {

// Skips where there can be no broker, and says so.
class WithBroker : public ::testing::Test {
 protected:
  void SetUp() override;

  // Started by the first test that asks; ends with the program.
  static RealBroker& broker();
  static Witness& witness() { return broker().witness(); }
  // The name of a topic that no other test has, made of the test's name.
  static std::string new_topic(int partitions, const std::vector<std::string>& configuration = {});
};

}  // namespace streamhost::kafka_test
