// The plugin json through the real host.
#include <gtest/gtest.h>

#include <sstream>

#include "support/process.h"

namespace streamhost::testing {
namespace {

// Lines of standard input go through one step `use` with these options; its output is printed.
RunResult run_step(const std::string& use, const std::string& options, const std::string& input,
                   const std::string& format = "{value}") {
  const TempDir folder;
  const std::string manifest = folder.write(
      "job.toml",
      "name = \"json_test\"\n[source.in]\nuse = \"stdio.lines\"\n[operator.step]\nuse = \"json." +
          use + "\"\nfrom = \"in\"\n" + options +
          "\n[sink.out]\nuse = \"stdio.lines\"\nfrom = \"step\"\nformat = \"" + format + "\"\n");
  RunOptions run;
  run.input = input;
  return streamhost({"--manifest", manifest, "-w", "1"}, run);
}

std::string output(const std::string& use, const std::string& options, const std::string& input,
                   const std::string& format = "{value}") {
  const RunResult result = run_step(use, options, input, format);
  EXPECT_EQ(result.status, 0) << result.err;
  return result.out;
}

std::string refusal(const std::string& use, const std::string& options) {
  const RunResult result = run_step(use, options, "{}\n");
  EXPECT_EQ(result.status, 2) << result.err;
  EXPECT_EQ(result.out, "");
  return result.err;
}

// The message of a job that fails at a record.
std::string failure(const std::string& use, const std::string& options, const std::string& input) {
  const RunResult result = run_step(use, options, input);
  EXPECT_EQ(result.status, 1) << result.err;
  return result.err;
}

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const std::string kAll = "key = \"/user/id\"\ntime = \"/at\"\nvalue = \"/amount\"\n";
const std::string kLine = R"({"at":"2024-05-01T10:00:00.5Z","user":{"id":"u1"},"amount":1.50})";

TEST(JsonInAJob, ExtractTakesKeyTimeAndValue) {
  EXPECT_EQ(output("extract", kAll, kLine + "\n", "{key}|{timestamp}|{value}"),
            "u1|2024-05-01T10:00:00.5Z|1.50\n");
  EXPECT_EQ(output("extract", "key = '/user/id'", kLine + "\n", "{key}|{timestamp}|{value}"),
            "u1||" + kLine + "\n");
}

TEST(JsonInAJob, ExtractMakesTextOfStringsAndKeepsOtherJson) {
  const std::string line = R"({"a":"x\n\"\u00e9","b":[1, {"c":2}],"d":true})";
  EXPECT_EQ(output("extract", "value = '/a'", line + "\n"), "x\n\"\xc3\xa9\n");
  EXPECT_EQ(output("extract", "value = '/b'", line + "\n"), "[1, {\"c\":2}]\n");
  EXPECT_EQ(output("extract", "value = '/b/1/c'\nkey = '/d'", line + "\n", "{key}:{value}"),
            "true:2\n");
}

TEST(JsonInAJob, ExtractReadsTimesInSeveralFormats) {
  const auto time = [](const std::string& format, const std::string& value) {
    return output("extract", "time = '/t'\ntime_format = '" + format + "'",
                  "{\"t\":" + value + "}\n", "{timestamp}");
  };
  EXPECT_EQ(time("auto", "1714557600"), "2024-05-01T10:00:00Z\n");
  EXPECT_EQ(time("unix", "1714557600.25"), "2024-05-01T10:00:00.25Z\n");
  EXPECT_EQ(time("unix_ms", "1714557600000"), "2024-05-01T10:00:00Z\n");
  EXPECT_EQ(time("unix_us", "\"1714557600000000\""), "2024-05-01T10:00:00Z\n");
  EXPECT_EQ(time("%d.%m.%Y %H:%M:%S", "\"01.05.2024 10:00:00\""), "2024-05-01T10:00:00Z\n");
}

TEST(JsonInAJob, ExtractDealsWithWhatIsMissingAsAsked) {
  const std::string lines = R"({"k":"a","v":1})"
                            "\n"
                            R"({"v":2})"
                            "\n"
                            R"({"k":null,"v":3})"
                            "\n";
  EXPECT_EQ(output("extract", "key = '/k'\nvalue = '/v'\nmissing = 'skip'", lines, "{key}={value}"),
            "a=1\n");
  EXPECT_EQ(output("extract", "key = '/v'\nvalue = '/k'\nmissing = 'null'", lines, "{key}={value}"),
            "1=a\n2=null\n3=null\n");
  EXPECT_TRUE(mentions(failure("extract", "key = '/k'", lines), "the value has nothing at \"/k\""));
  EXPECT_EQ(output("extract", "key = '/k'\non_error = 'skip'", lines, "{key}"), "a\n");
}

TEST(JsonInAJob, ExtractSaysWhatIsWrongWithATime) {
  EXPECT_TRUE(mentions(failure("extract", "time = '/t'", "{\"t\":\"noon\"}\n"),
                       "\"noon\" at \"/t\" is not an RFC 3339 time or a Unix time"));
}

TEST(JsonInAJob, BadJsonFailsTheJobWithOneClearMessage) {
  const std::string utf8 = failure("extract", "key = '/k'", "{\"k\":\"\xff\"}\n");
  EXPECT_TRUE(mentions(utf8, "step")) << utf8;
  EXPECT_TRUE(mentions(utf8, "is not JSON")) << utf8;
  EXPECT_TRUE(mentions(utf8, "UTF-8")) << utf8;
  const std::string open = failure("filter", "pointer = '/a'\nvalue = 1", "{\"b\":[1,2}\n");
  EXPECT_TRUE(mentions(open, "the value is not JSON: ")) << open;
}

TEST(JsonInAJob, BadJsonGoesToTheErrorsPortAndTheRestGoesOn) {
  const TempDir folder;
  const std::string manifest = folder.write("job.toml", R"(name = "errors"
[source.in]
use = "stdio.lines"
[operator.step]
use = "json.extract"
from = "in"
value = "/a"
[sink.out]
use = "stdio.lines"
from = "step"
[operator.why]
use = "json.extract"
from = "step.errors"
value = "/error"
[sink.errors]
use = "stdio.lines"
from = "why"
)");
  RunOptions options;
  options.input = "{\"a\":1}\n{\"a\":\"open}\n{\"a\":2}\nhello\n{\"a\":3}\n";
  const RunResult result = streamhost({"--manifest", manifest, "-w", "1"}, options);
  EXPECT_EQ(result.status, 0) << result.err;
  const auto lines = sorted_lines(result.out);
  ASSERT_EQ(lines.size(), 5u) << result.out;
  EXPECT_EQ((std::vector<std::string>{lines[0], lines[1], lines[2]}),
            (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_TRUE(mentions(result.out, "the value is not JSON: \"hello\" is no value at byte 0"));
}

TEST(JsonInAJob, FilterComparesNumbersStringsAndBools) {
  const std::string lines = R"({"n":1,"s":"apple","b":true})"
                            "\n"
                            R"({"n":2.5,"s":"pear"})"
                            "\n"
                            R"({"n":"2","s":"fig"})"
                            "\n";
  const auto passed = [&](const std::string& options) {
    std::string names;
    std::istringstream result(output("filter", options, lines));
    for (std::string line; std::getline(result, line);) {
      for (const char* name : {"apple", "pear", "fig"}) {
        if (mentions(line, name)) names += name[0];
      }
    }
    return names;
  };
  EXPECT_EQ(passed("pointer = '/n'\nvalue = 1"), "a");
  EXPECT_EQ(passed("pointer = '/n'\nop = '>'\nvalue = 1.5"), "p");
  EXPECT_EQ(passed("pointer = '/n'\nop = '!='\nvalue = 1"), "pf");
  EXPECT_EQ(passed("pointer = '/s'\nop = '>='\nvalue = 'fig'"), "pf");
  EXPECT_EQ(passed("pointer = '/s'\nop = 'contains'\nvalue = 'p'"), "ap");
  EXPECT_EQ(passed("pointer = '/b'\nvalue = true"), "a");
  EXPECT_EQ(passed("pointer = '/b'\nop = '!='\nvalue = true"), "");
  EXPECT_EQ(passed("pointer = '/b'\nop = 'exists'"), "a");
  EXPECT_EQ(passed("pointer = '/s'\nop = 'exists'"), "apf");
}

TEST(JsonInAJob, FilterTakesTheWholeValueToo) {
  EXPECT_EQ(output("filter", "pointer = ''\nop = '<'\nvalue = 10", "9\n10\n-1e3\n\"5\"\n"),
            "9\n-1e3\n");
}

TEST(JsonInAJob, ProjectMakesANewObject) {
  const std::string options = "fields = { who = '/user/id', n = '/amount', tag = '/tags/0' }\n";
  EXPECT_EQ(output("project", options, kLine + "\n"), "{\"who\":\"u1\",\"n\":1.50}\n");
  EXPECT_EQ(output("project", options + "missing = 'null'", kLine + "\n"),
            "{\"who\":\"u1\",\"n\":1.50,\"tag\":null}\n");
  EXPECT_EQ(output("project", "fields = { all = '', \"q\\\"\" = '/a' }", "{\"a\":null}\n"),
            "{\"all\":{\"a\":null},\"q\\\"\":null}\n");
  EXPECT_EQ(output("project", "fields = { x = '/x' }", "{}\n[1]\n5\n"), "{}\n{}\n{}\n");
}

TEST(JsonInAJob, RefusesOptionsThatMakeNoSense) {
  EXPECT_TRUE(mentions(refusal("extract", ""), "nothing to extract"));
  EXPECT_TRUE(mentions(refusal("extract", "key = 'user'"),
                       "\"user\" is not a JSON Pointer: it begins with a slash, as \"/user\""));
  EXPECT_TRUE(
      mentions(refusal("extract", "time = '/t'\ntime_format = 'iso'"), "\"iso\" is no format"));
  EXPECT_TRUE(mentions(refusal("filter", "pointer = '/a'"), "option \"value\" is missing"));
  EXPECT_TRUE(
      mentions(refusal("filter", "pointer = '/a'\nop = '<'\nvalue = true"), "== and != only"));
  EXPECT_TRUE(mentions(refusal("project", "fields = {}"), "fields"));
}

}  // namespace
}  // namespace streamhost::testing
