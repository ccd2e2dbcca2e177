#include "cluster/quiet_log.h"

#include <gtest/gtest.h>

#include <string>

#include "cluster/testing/local_cluster.h"

namespace streamhost::cluster {
namespace {

using std::chrono::seconds;
using testing::LogLines;

class QuietLogTest : public ::testing::Test {
 protected:
  const std::shared_ptr<LogLines> lines_ = std::make_shared<LogLines>();
  QuietLog quiet_{std::make_shared<spdlog::logger>("test", lines_)};
  const QuietLog::Clock::time_point start_ = QuietLog::Clock::now();
};

TEST_F(QuietLogTest, SaysWhatIsNewAtOnce) {
  quiet_.warn("a:1", "too slow", start_);
  quiet_.warn("b:2", "too loud", start_);
  EXPECT_EQ(lines_->count("connection from a:1: too slow"), 1u);
  EXPECT_EQ(lines_->count("connection from b:2: too loud"), 1u);
}

TEST_F(QuietLogTest, CountsWhatIsNotNew) {
  for (int i = 0; i < 1000; ++i) quiet_.warn("a:" + std::to_string(i), "too slow", start_);
  quiet_.tick(start_ + seconds(9));
  EXPECT_EQ(lines_->count("too slow"), 1u);
  quiet_.tick(start_ + seconds(11));
  EXPECT_EQ(lines_->count("connection from a:999, and 998 more since: too slow"), 1u);
  quiet_.tick(start_ + seconds(22));
  EXPECT_EQ(lines_->count("too slow"), 2u);
}

TEST_F(QuietLogTest, SaysSomethingAgainWhenItWasSilentForAWhile) {
  quiet_.warn("a:1", "too slow", start_);
  quiet_.tick(start_ + seconds(11));
  quiet_.warn("a:2", "too slow", start_ + seconds(12));
  EXPECT_EQ(lines_->count("connection from a:2: too slow"), 1u);
}

TEST_F(QuietLogTest, ManyKindsAreSaidAsOne) {
  for (int i = 0; i < 1000; ++i) quiet_.warn("a:1", "kind " + std::to_string(i), start_);
  EXPECT_EQ(lines_->count("connection"), 17u);
}

}  // namespace
}  // namespace streamhost::cluster
