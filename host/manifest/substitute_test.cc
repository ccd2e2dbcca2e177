#include "manifest/substitute.h"

#include <gtest/gtest.h>

#include "manifest/parse_for_test.h"
#include "support/process.h"

namespace streamhost {
namespace {

using testing::Variables;

class Substitute : public ::testing::Test {
 protected:
  void file(const std::string& name, const std::string& content) { folder_.write(name, content); }

  std::string replaced(const std::string& text, Variables variables = {}) {
    Value value;
    value.string = text;
    value.where = {std::make_shared<const std::string>("job.toml"), 3, 8};
    Diagnostics diagnostics;
    substitute(value, folder_.path(), testing::environment_of(std::move(variables)), diagnostics);
    mistakes_ = diagnostics.text();
    return value.string;
  }

  std::string mistakes(const std::string& text, Variables variables = {}) {
    replaced(text, std::move(variables));
    return mistakes_;
  }

  testing::TempDir folder_;
  std::string mistakes_;
};

TEST_F(Substitute, VariablesAreReplaced) {
  EXPECT_EQ(replaced("http://${HOST}:${PORT}/", {{"HOST", "db"}, {"PORT", "80"}}), "http://db:80/");
  EXPECT_EQ(mistakes_, "");
}

TEST(SubstituteInValues, WhatWasWrittenIsKept) {
  Value value;
  value.string = "<${A}>";
  Diagnostics diagnostics;
  substitute(value, ".", testing::environment_of({{"A", "x"}}), diagnostics);
  EXPECT_EQ(value.string, "<x>");
  EXPECT_EQ(value.written, "<${A}>");
}

TEST_F(Substitute, AnEmptyVariableIsSet) { EXPECT_EQ(replaced("<${A}>", {{"A", ""}}), "<>"); }

TEST_F(Substitute, DefaultsStandInForWhatIsUnsetOrEmpty) {
  EXPECT_EQ(replaced("${A:-x}"), "x");
  EXPECT_EQ(replaced("${A:-x}", {{"A", ""}}), "x");
  EXPECT_EQ(replaced("${A:-x}", {{"A", "y"}}), "y");
  EXPECT_EQ(replaced("${A:-}"), "");
  EXPECT_EQ(replaced("${A:-a:-b}"), "a:-b");
  EXPECT_EQ(mistakes_, "");
}

TEST_F(Substitute, WhatWasPutInIsNotLookedAtAgain) {
  EXPECT_EQ(replaced("${A}", {{"A", "${B}$$"}}), "${B}$$");
}

TEST_F(Substitute, DollarsAreDollars) {
  EXPECT_EQ(replaced("^a$"), "^a$");
  EXPECT_EQ(replaced("$1 $NAME"), "$1 $NAME");
  EXPECT_EQ(replaced("$${A}"), "${A}");
  EXPECT_EQ(replaced("$$$$"), "$$");
  EXPECT_EQ(mistakes_, "");
}

TEST_F(Substitute, FilesLoseTheirLastNewlineOnly) {
  file("one", "secret\n");
  file("two", "a\nb\n\n");
  file("dos", "secret\r\n");
  file("bare", "secret");
  file("empty", "");
  EXPECT_EQ(replaced("<${file:one}>"), "<secret>");
  EXPECT_EQ(replaced("<${file:two}>"), "<a\nb\n>");
  EXPECT_EQ(replaced("<${file:dos}>"), "<secret>");
  EXPECT_EQ(replaced("<${file:bare}>"), "<secret>");
  EXPECT_EQ(replaced("<${file:empty}>"), "<>");
  EXPECT_EQ(replaced("${file:" + (folder_ / "one") + "}"), "secret");
  EXPECT_EQ(mistakes_, "");
}

TEST_F(Substitute, AnUnsetVariableIsAMistakeWithItsPlace) {
  EXPECT_EQ(mistakes("${TOKEN}"),
            "job.toml:3:8: error: the environment variable TOKEN is not set: set it, or write "
            "${TOKEN:-default}");
}

TEST_F(Substitute, WhatNamesNoVariableIsAMistake) {
  for (const char* text : {"${}", "${1A}", "${a b}", "${a-b}", "${:-x}"}) {
    EXPECT_EQ(mistakes(text), "job.toml:3:8: error: \"" + std::string(text) +
                                  "\" names no environment variable: write ${NAME}, "
                                  "${NAME:-default} or ${file:PATH}");
  }
}

TEST_F(Substitute, ABraceThatIsNotClosedIsAMistake) {
  EXPECT_EQ(mistakes("a ${B"),
            "job.toml:3:8: error: \"${\" has no \"}\" (write \"$${\" for the two characters)");
}

TEST_F(Substitute, FilesThatCannotBeReadAreMistakes) {
  EXPECT_EQ(mistakes("${file:none}"), "job.toml:3:8: error: ${file:none}: cannot read " +
                                          (folder_ / "none") + ": No such file or directory");
  EXPECT_EQ(mistakes("${file:.}"),
            "job.toml:3:8: error: ${file:.}: cannot read " + (folder_ / ".") + ": Is a directory");
  EXPECT_EQ(mistakes("${file:/dev/zero}"),
            "job.toml:3:8: error: ${file:/dev/zero}: cannot read /dev/zero: it is not a regular "
            "file");
  EXPECT_EQ(mistakes("${file:}"),
            "job.toml:3:8: error: \"${file:}\" names no file: write ${file:PATH}");
  file("huge", std::string((1 << 20) + 1, 'x'));
  EXPECT_NE(mistakes("${file:huge}").find("larger than 1048576 bytes"), std::string::npos);
}

TEST(SubstituteInManifest, EveryStringIsLookedAtAndEachMistakeReported) {
  const std::string text =
      "name = \"${A}\"\n[source.s]\nuse = \"demo.sequence\"\nlist = [\"${B}\", { x = \"${C}\" }]\n";
  EXPECT_EQ(testing::mistakes(text),
            "job.toml:1:8: error: the environment variable A is not set: set it, or write "
            "${A:-default}\n"
            "job.toml:4:9: error: the environment variable B is not set: set it, or write "
            "${B:-default}\n"
            "job.toml:4:23: error: the environment variable C is not set: set it, or write "
            "${C:-default}");
}

}  // namespace
}  // namespace streamhost
