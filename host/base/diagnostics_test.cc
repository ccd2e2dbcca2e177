#include "base/diagnostics.h"

#include <gtest/gtest.h>

namespace streamhost {
namespace {

Location at(uint32_t line, uint32_t column) {
  static const auto file = std::make_shared<const std::string>("job.toml");
  return {file, line, column};
}

TEST(Diagnostics, NothingWrongIsOk) {
  Diagnostics diagnostics;
  EXPECT_FALSE(diagnostics.has_errors());
  EXPECT_EQ(diagnostics.text(), "");
  EXPECT_TRUE(diagnostics.status().is_ok());
}

TEST(Diagnostics, AreShownInTheOrderOfTheirPlaces) {
  Diagnostics diagnostics;
  diagnostics.error(at(12, 1), "third");
  diagnostics.warning(at(3, 9), "second");
  diagnostics.error(at(3, 2), "first");
  diagnostics.error({}, "about no place");
  EXPECT_EQ(diagnostics.text(),
            "error: about no place\n"
            "job.toml:3:2: error: first\n"
            "job.toml:3:9: warning: second\n"
            "job.toml:12:1: error: third");
}

TEST(Diagnostics, AtOnePlaceTheFirstFoundComesFirst) {
  Diagnostics diagnostics;
  diagnostics.error(at(1, 1), "b");
  diagnostics.error(at(1, 1), "a");
  EXPECT_EQ(diagnostics.text(), "job.toml:1:1: error: b\njob.toml:1:1: error: a");
}

TEST(Diagnostics, TheSameMistakeIsShownOnce) {
  Diagnostics diagnostics;
  diagnostics.error(at(1, 1), "a");
  diagnostics.error(at(2, 1), "a");
  diagnostics.error(at(1, 1), "a");
  EXPECT_EQ(diagnostics.text(), "job.toml:1:1: error: a\njob.toml:2:1: error: a");
}

TEST(Diagnostics, WarningsAloneAreNoFailure) {
  Diagnostics diagnostics;
  diagnostics.warning(at(1, 1), "careful");
  EXPECT_FALSE(diagnostics.has_errors());
  EXPECT_TRUE(diagnostics.status().is_ok());
  EXPECT_EQ(diagnostics.text(), "job.toml:1:1: warning: careful");
}

TEST(Diagnostics, PluginTroubleAloneHasItsOwnCode) {
  Diagnostics diagnostics;
  diagnostics.plugin_error(at(1, 1), "no such plugin");
  EXPECT_EQ(diagnostics.status().code(), Code::kPlugin);
  diagnostics.warning(at(2, 1), "careful");
  EXPECT_EQ(diagnostics.status().code(), Code::kPlugin);
  diagnostics.error(at(3, 1), "wrong");
  EXPECT_EQ(diagnostics.status().code(), Code::kUsage);
  EXPECT_EQ(diagnostics.status().message(), diagnostics.text());
}

TEST(DidYouMean, FindsTheClosestWord) {
  const std::vector<std::string> known = {"path", "format", "follow", "from"};
  EXPECT_EQ(did_you_mean("pth", known), " (did you mean \"path\"?)");
  EXPECT_EQ(did_you_mean("fromat", known), " (did you mean \"format\"?)");
  EXPECT_EQ(did_you_mean("form", known), " (did you mean \"from\"?)");  // one swap
  EXPECT_EQ(did_you_mean("PATH", known), " (did you mean \"path\"?)");
  EXPECT_EQ(did_you_mean("folow", known), " (did you mean \"follow\"?)");
}

TEST(DidYouMean, IsSilentWhenNothingIsClose) {
  EXPECT_EQ(did_you_mean("colour", {"path", "format"}), "");
  EXPECT_EQ(did_you_mean("", {"path"}), "");
  EXPECT_EQ(did_you_mean("x", {"y", "z"}), "");
  EXPECT_EQ(did_you_mean("anything", {}), "");
  EXPECT_EQ(did_you_mean(std::string(100'000, 'a'), {std::string(100'000, 'b')}), "");
}

TEST(DidYouMean, TheFirstOfEquallyCloseWordsWins) {
  EXPECT_EQ(did_you_mean("cat", {"bat", "hat"}), " (did you mean \"bat\"?)");
}

}  // namespace
}  // namespace streamhost
