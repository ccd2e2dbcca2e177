// The plugin text through the real host.
#include <gtest/gtest.h>

#include "support/process.h"

namespace streamhost::testing {
namespace {

using Lines = std::vector<std::string>;

// Lines of standard input go through one step `use` with these options; its output is printed.
RunResult run_step(const std::string& use, const std::string& options, const std::string& input) {
  const TempDir folder;
  const std::string manifest = folder.write(
      "job.toml",
      "name = \"text_test\"\n[source.in]\nuse = \"stdio.lines\"\n[operator.step]\nuse = \"text." +
          use + "\"\nfrom = \"in\"\n" + options +
          "\n[sink.out]\nuse = \"stdio.lines\"\nfrom = \"step\"\n");
  RunOptions run;
  run.input = input;
  return streamhost({"--manifest", manifest, "-w", "1"}, run);
}

std::string output(const std::string& use, const std::string& options, const std::string& input) {
  const RunResult result = run_step(use, options, input);
  EXPECT_EQ(result.status, 0) << result.err;
  return result.out;
}

// The message of a job that is refused before it runs.
std::string refusal(const std::string& use, const std::string& options) {
  const RunResult result = run_step(use, options, "x\n");
  EXPECT_EQ(result.status, 2) << result.err;
  EXPECT_EQ(result.out, "");
  return result.err;
}

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(TextInAJob, SplitFindsWords) {
  EXPECT_EQ(output("split", "", "Don't panic, it_is 42!\n\n ... \nna\xc3\xafve end"),
            "Don't\npanic\nit_is\n42\nna\xc3\xafve\nend\n");
  EXPECT_EQ(output("split", "lowercase = true", "One TWO\nThree\n"), "one\ntwo\nthree\n");
}

TEST(TextInAJob, SplitFindsAllWordsOfALargeText) {
  std::string input, expected;
  for (int i = 0; i < 20'000; ++i) {
    const std::string n = std::to_string(i);
    input +=
        "Line " + n + ", of Many-Many words" + std::string(static_cast<size_t>(i % 70), '.') + "\n";
    expected += "line\n" + n + "\nof\nmany\nmany\nwords\n";
  }
  EXPECT_EQ(output("split", "lowercase = true", input), expected);
  // A line, and a word, longer than any buffer.
  const std::string word(300'000, 'W');
  EXPECT_EQ(output("split", "", word + " " + word + "\n"), word + "\n" + word + "\n");
  EXPECT_EQ(output("split", "lowercase = true", word + " x\n"),
            std::string(300'000, 'w') + "\nx\n");
}

TEST(TextInAJob, SplitCutsAtSeparatorsAndPatterns) {
  EXPECT_EQ(output("split", "separator = ','", "a,,b,\n"), "a\n\nb\n\n");
  EXPECT_EQ(output("split", "separator = ','\nlowercase = true", "A,B\n"), "a\nb\n");
  EXPECT_EQ(output("split", "pattern = '\\s*;\\s*'", "a ; b;c\n"), "a\nb\nc\n");
}

TEST(TextInAJob, SplitKeepsTheKeyAndTheEventTime) {
  const TempDir folder;
  const std::string manifest = folder.write("job.toml", R"(name = "keys"
[source.in]
use = "demo.sequence"
count = 3
keys = 2
time_start = 2024-05-01T10:00:00Z
time_step = "1s"
[operator.sentence]
use = "text.replace"
from = "in"
pattern = '.*'
with = 'Number \0'
all = false
[operator.words]
use = "text.split"
from = "sentence"
lowercase = true
[sink.out]
use = "stdio.lines"
from = "words"
format = "{key} {timestamp} {value}"
)");
  const RunResult result = streamhost({"--manifest", manifest, "-w", "1"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out,
            "k0000000 2024-05-01T10:00:00Z number\nk0000000 2024-05-01T10:00:00Z 0\n"
            "k0000001 2024-05-01T10:00:01Z number\nk0000001 2024-05-01T10:00:01Z 1\n"
            "k0000000 2024-05-01T10:00:02Z number\nk0000000 2024-05-01T10:00:02Z 2\n");
}

TEST(TextInAJob, SplitRefusesOptionsThatExcludeEachOther) {
  EXPECT_TRUE(mentions(refusal("split", "separator = ','\npattern = ';'"),
                       "options \"separator\" and \"pattern\" exclude each other"));
  EXPECT_TRUE(mentions(refusal("split", "separator = ''"), "option \"separator\" is empty"));
}

TEST(TextInAJob, KeyValueCutsLinesAtTheDelimiter) {
  const TempDir folder;
  const auto run = [&](const std::string& options, const std::string& input) {
    RunOptions with_input;
    with_input.input = input;
    const std::string manifest = folder.write("job.toml", R"(name = "key_value"
[source.in]
use = "stdio.lines"
[operator.cut]
use = "text.key_value"
from = "in"
)" + options + R"(
[sink.out]
use = "stdio.lines"
from = "cut"
format = "{key}|{value}"
)");
    return streamhost({"--manifest", manifest, "-w", "1"}, with_input);
  };
  EXPECT_EQ(run("", "a=1\nlong name=b=c\n=\n").out, "a|1\nlong name|b=c\n|\n");
  EXPECT_EQ(run("delimiter = ':'\ntrim = true", "Host : example.org\n").out, "Host|example.org\n");
  EXPECT_EQ(run("on_error = 'skip'", "a=1\nnothing\nb=2\n").out, "a|1\nb|2\n");
  const RunResult failed = run("", "a=1\nnothing\n");
  EXPECT_EQ(failed.status, 1);
  EXPECT_TRUE(mentions(failed.err, "the value has no delimiter \"=\"")) << failed.err;
  EXPECT_TRUE(mentions(failed.err, "nothing")) << failed.err;
  EXPECT_TRUE(mentions(refusal("key_value", "delimiter = '--'"),
                       "delimiter = \"--\" is not one ASCII character"));
}

TEST(TextInAJob, KeyValueCutsEveryLineOfALargeInput) {
  std::string input, expected;
  for (int i = 0; i < 50'000; ++i) {
    const std::string key(static_cast<size_t>(i % 45), 'k'), value = std::to_string(i);
    input += key + "=" + value + "\n";
    expected += value + "\n";
  }
  EXPECT_EQ(output("key_value", "", input), expected);
}

TEST(TextInAJob, MatchPassesWhatMatches) {
  EXPECT_EQ(output("match", "pattern = 'a.c'", "abc\nxyz\n-a.c-\n"), "abc\n-a.c-\n");
  EXPECT_EQ(output("match", "pattern = 'a.c'\nfull = true", "abc\n-a.c-\n"), "abc\n");
  EXPECT_EQ(output("match", "pattern = 'a.c'\ninvert = true", "abc\nxyz\n"), "xyz\n");
  EXPECT_EQ(output("match", "pattern = '.'", "abc\nxyz\n"), "abc\nxyz\n");
}

TEST(TextInAJob, MatchTakesTheFirstGroup) {
  EXPECT_EQ(output("match", "pattern = 'id=(\\d+) (x)?'", "id=17 x\nno\nid=4 \n"), "17\n4\n");
  EXPECT_EQ(output("match", "pattern = 'a(b)?c'", "ac\nabc\n"), "\nb\n");
}

TEST(TextInAJob, MatchMakesAnObjectOfNamedGroups) {
  EXPECT_EQ(output("match", R"(pattern = '(?P<k>\w+)=(?P<v>"[^"]*")?(;)?')", "a=\"x\\y\"\nb=\n"),
            "{\"k\":\"a\",\"v\":\"\\\"x\\\\y\\\"\"}\n{\"k\":\"b\",\"v\":null}\n");
}

TEST(TextInAJob, ReplaceRewritesMatches) {
  EXPECT_EQ(output("replace", R"(pattern = '(\w)o'
with = 'o\1')",
                   "foo go\nbar\n"),
            "ofo og\nbar\n");
  EXPECT_EQ(output("replace", "pattern = 'o'\nwith = '0'\nall = false", "foo\n"), "f0o\n");
  EXPECT_EQ(output("replace", "pattern = ''\nwith = '-'", "ab\xc3\xa9\n"), "-a-b-\xc3\xa9-\n");
  EXPECT_EQ(output("replace", "pattern = 'b*'\nwith = '-'", "abc\n"), "-a-c-\n");
  EXPECT_EQ(output("replace", "pattern = 'x'\nwith = ''", "axb\nx\n"), "ab\n\n");
}

TEST(TextInAJob, ABadExpressionIsRefusedWithItsPlace) {
  const std::string error = refusal("match", "pattern = 'ab[c'");
  EXPECT_TRUE(mentions(error,
                       "option \"pattern\": \"ab[c\" is not a valid regular expression: "
                       "missing ]: [c, at byte 2 of the pattern"))
      << error;
  EXPECT_TRUE(mentions(error, "step")) << error;
  EXPECT_TRUE(mentions(refusal("replace", "pattern = 'a'\nwith = '\\1'"), "option \"with\""));
  EXPECT_TRUE(mentions(refusal("match", ""), "pattern"));
}

}  // namespace
}  // namespace streamhost::testing
