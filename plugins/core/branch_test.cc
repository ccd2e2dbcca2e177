#include "branch.h"

#include <gtest/gtest.h>

#include "step_host.h"

namespace streamhost::core {
namespace {

using Texts = std::vector<std::string>;

// Runs a branch over values, and keeps what went each way.
class BranchTest : public ::testing::Test {
 protected:
  void run(const plugin_common::TestOptions& options, const Texts& values) {
    host_.options = options;
    host_.ports.clear();
    Branch branch(host_.context(), host_.config());
    std::vector<std::pair<std::string, std::string>> records;
    for (const std::string& v : values) records.emplace_back("k", v);
    host_.process(branch, records);
  }
  StepHost host_;
};

TEST_F(BranchTest, AFieldSaysTheWay) {
  run({{"of", {"/type"}}, {"equals", {"\"bid\""}}},
      {"{\"type\":\"bid\",\"n\":1}", "{\"type\":\"ask\"}", "{\"n\":2,\"type\":\"b\\u0069d\"}", "{}",
       "(absent)"});
  EXPECT_EQ(host_.ports[0],
            (Texts{"{\"type\":\"bid\",\"n\":1}", "{\"n\":2,\"type\":\"b\\u0069d\"}"}));
  EXPECT_EQ(host_.ports[1], (Texts{"{\"type\":\"ask\"}", "{}", "(absent)"}));
}

TEST_F(BranchTest, RecordsThatAllGoOneWayStayTogether) {
  run({{"of", {"/n"}}, {"less", {"10"}}}, {"{\"n\":1}", "{\"n\":2}"});
  EXPECT_EQ(host_.ports, (std::map<uint32_t, Texts>{{0, {"{\"n\":1}", "{\"n\":2}"}}}));
  run({{"of", {"/n"}}, {"less", {"1"}}}, {"{\"n\":1}", "{\"n\":2}"});
  EXPECT_EQ(host_.ports, (std::map<uint32_t, Texts>{{1, {"{\"n\":1}", "{\"n\":2}"}}}));
}

TEST_F(BranchTest, WithoutAFieldTheWholeValueIsAskedAbout) {
  run({{"equals", {"\"stop\""}}}, {"stop", "\"stop\"", "\"st\\u006fp\"", "stop it", "1", "null"});
  EXPECT_EQ(host_.ports[0], (Texts{"stop", "\"stop\"", "\"st\\u006fp\""}));
  run({{"at_least", {"2"}}}, {"1", " 2 ", "2.5", "two", "\"3\"", "(absent)"});
  EXPECT_EQ(host_.ports[0], (Texts{" 2 ", "2.5"}));
  EXPECT_EQ(host_.ports[1], (Texts{"1", "two", "\"3\"", "(absent)"}));
  run({{"exists", {"true"}}}, {"", "null", "(absent)", "[", "{}"});
  EXPECT_EQ(host_.ports[0], (Texts{"", "[", "{}"}));
}

TEST_F(BranchTest, AValueThatCannotBeReadGoesNoWay) {
  run({{"of", {"/n"}}, {"exists", {"false"}}},
      {"{\"m\":1}", "{\"n\":", "text", "{\"n\":1}", "{\"n\":\"\\q\"}"});
  EXPECT_EQ(host_.ports[0], (Texts{"{\"m\":1}"}));
  EXPECT_EQ(host_.ports[1], (Texts{"{\"n\":1}"}));
  EXPECT_EQ(host_.rejected, (Texts{"{\"n\":", "text", "{\"n\":\"\\q\"}"}));
  // Half a character beyond the first 65536.
  host_.rejected.clear();
  run({{"equals", {"\"a\""}}}, {"\"a\"", "\"\\ud800\"", "\"b\""});
  EXPECT_EQ(host_.ports[0], (Texts{"\"a\""}));
  EXPECT_EQ(host_.ports[1], (Texts{"\"b\""}));
  EXPECT_EQ(host_.rejected, (Texts{"\"\\ud800\""}));
}

}  // namespace
}  // namespace streamhost::core
