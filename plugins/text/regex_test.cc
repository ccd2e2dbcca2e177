#include "regex.h"

#include <gtest/gtest.h>

#include <streamhost/sdk.hpp>

namespace streamhost::text {
namespace {

std::string refusal(const std::string& pattern, int64_t max_memory = 8 << 20) {
  try {
    compile("pattern", pattern, max_memory);
  } catch (const Error& e) {
    EXPECT_EQ(e.status(), SH_E_CONFIG);
    return e.what();
  }
  return "";
}

TEST(Regex, RefusesABadPatternAndSaysWhere) {
  EXPECT_EQ(refusal("ab[c"),
            "option \"pattern\": \"ab[c\" is not a valid regular expression: missing ]: [c, at "
            "byte 2 of the pattern");
  EXPECT_NE(refusal("a(?=b)").find("invalid perl operator: (?="), std::string::npos);
}

TEST(Regex, SaysWhatToDoWhenAPatternNeedsMoreMemory) {
  EXPECT_NE(refusal("\\pL{500}", 4096).find("raise max_memory"), std::string::npos);
}

TEST(Regex, CompilesAGoodPattern) { EXPECT_TRUE(compile("pattern", "(a|b)+", 1 << 20)->ok()); }

}  // namespace
}  // namespace streamhost::text
