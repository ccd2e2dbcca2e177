#include "manifest/step.h"

#include <gtest/gtest.h>

#include "manifest/parse_for_test.h"

namespace streamhost {
namespace {

using testing::mistakes;
using testing::parse;
using testing::Parsed;

// One operator with these lines in its table, which begins in line 1.
std::string operator_mistakes(const std::string& lines) {
  return mistakes("[operator.a]\nuse = \"p.c\"\n" + lines);
}

TEST(Step, UseFromAndOptionsAreTold) {
  const Parsed parsed = parse(
      "[source.lines]\nuse = \"file.lines\"\npath = \"x\"\nfollow = true\n"
      "[sink.out]\nfrom = \"lines\"\nuse = \"stdio.lines\"\n");
  EXPECT_EQ(parsed.text(), "");
  const StepSpec& lines = parsed.step("lines");
  EXPECT_EQ(lines.kind, StepKind::kSource);
  EXPECT_EQ(lines.use, "file.lines");
  EXPECT_EQ(lines.use_where.text(), "job.toml:2:7");
  EXPECT_EQ(lines.where.text(), "job.toml:1:1");
  ASSERT_EQ(lines.options.size(), 2U);
  EXPECT_EQ(lines.options[0].first, "path");
  EXPECT_EQ(lines.options[1].first, "follow");
  const StepSpec& out = parsed.step("out");
  EXPECT_EQ(out.kind, StepKind::kSink);
  ASSERT_EQ(out.from.size(), 1U);
  EXPECT_EQ(out.from[0].step, "lines");
  EXPECT_EQ(out.from[0].port, "");
  EXPECT_EQ(out.from[0].where.text(), "job.toml:6:8");
}

TEST(Step, FromMayNameAPort) {
  const Parsed parsed = parse("[operator.a]\nuse = \"p.c\"\nfrom = \"b.late\"\n");
  EXPECT_EQ(parsed.text(), "");
  EXPECT_EQ(parsed.step("a").from[0].step, "b");
  EXPECT_EQ(parsed.step("a").from[0].port, "late");
}

TEST(Step, FromMayBeAnArrayThatIsMerged) {
  const Parsed parsed = parse("[operator.a]\nuse = \"p.c\"\nfrom = [\"b\", \"c.errors\"]\n");
  EXPECT_EQ(parsed.text(), "");
  EXPECT_FALSE(parsed.step("a").named_sides);
  ASSERT_EQ(parsed.step("a").from.size(), 2U);
  EXPECT_EQ(parsed.step("a").from[1].port, "errors");
}

TEST(Step, FromMayBeATableOfSidesInFileOrder) {
  const Parsed parsed =
      parse("[operator.a]\nuse = \"p.c\"\nfrom = { right = \"b\", left = [\"c\", \"d\"] }\n");
  EXPECT_EQ(parsed.text(), "");
  EXPECT_TRUE(parsed.step("a").named_sides);
  ASSERT_EQ(parsed.step("a").from.size(), 3U);
  EXPECT_EQ(parsed.step("a").from[0].side, "right");
  EXPECT_EQ(parsed.step("a").from[1].side, "left");
  EXPECT_EQ(parsed.step("a").from[2].side, "left");
  EXPECT_EQ(parsed.step("a").from[2].step, "d");
}

TEST(Step, HostWordsAreNoOptions) {
  const Parsed parsed = parse(
      "[operator.a]\nuse = \"p.c\"\nfrom = \"b\"\non_error = \"skip\"\ncombine = false\n"
      "watermark = { wait = \"5s\", idle = \"1m\", align = false }\nother = 1\n");
  EXPECT_EQ(parsed.text(), "");
  const StepSpec& step = parsed.step("a");
  EXPECT_EQ(step.on_error, OnError::kSkip);
  EXPECT_EQ(step.combine, false);
  ASSERT_TRUE(step.watermark);
  EXPECT_EQ(step.watermark->wait_us, 5'000'000);
  EXPECT_EQ(step.watermark->idle_us, 60'000'000);
  EXPECT_FALSE(step.watermark->align);
  ASSERT_EQ(step.options.size(), 1U);
  EXPECT_EQ(step.options[0].first, "other");
}

TEST(Step, DefaultsAreFailAndUnsaid) {
  const Parsed parsed = parse("[source.a]\nuse = \"p.c\"\non_error = \"fail\"\n");
  EXPECT_EQ(parsed.step("a").on_error, OnError::kFail);
  EXPECT_FALSE(parsed.step("a").combine);
  EXPECT_FALSE(parsed.step("a").watermark);
}

TEST(Step, MissingUseIsAMistake) {
  EXPECT_EQ(mistakes("name = \"x\"\n[source.a]\npath = \"x\"\n"),
            "job.toml:2:1: error: [source.a] has no \"use\": say which component it is, such as "
            "use = \"file.lines\"");
}

TEST(Step, MissingFromIsAMistake) {
  EXPECT_EQ(
      mistakes("[operator.a]\nuse = \"p.c\"\n"),
      "job.toml:1:1: error: [operator.a] has no \"from\": say whose records it reads, such as "
      "from = \"lines\"");
  EXPECT_EQ(mistakes("[sink.a]\nuse = \"p.c\"\n"),
            "job.toml:1:1: error: [sink.a] has no \"from\": say whose records it reads, such as "
            "from = \"lines\"");
}

TEST(Step, AMisspeltHostWordIsPointedAt) {
  EXPECT_EQ(mistakes("[sink.a]\nuse = \"p.c\"\nform = \"b\"\n"),
            "job.toml:1:1: error: [sink.a] has no \"from\": say whose records it reads, such as "
            "from = \"lines\" (is \"form\" in line 3 meant to be it?)");
}

TEST(Step, ASourceHasNoFrom) {
  EXPECT_EQ(
      mistakes("[source.a]\nuse = \"p.c\"\nfrom = \"b\"\n"),
      "job.toml:3:1: error: a source reads from no other step: remove \"from\", or make it an "
      "[operator.a]");
}

TEST(Step, UseMustBeAComponent) {
  for (const char* use :
       {"lines", "file.", ".lines", "file.lines.x", "File.lines", "file lines", ""}) {
    EXPECT_EQ(mistakes("[source.a]\nuse = \"" + std::string(use) + "\"\n"),
              "job.toml:2:7: error: use: \"" + std::string(use) +
                  "\" is not a component: write \"plugin.component\", such as \"file.lines\"");
  }
  EXPECT_EQ(mistakes("[source.a]\nuse = 7\n"),
            "job.toml:2:7: error: use must be a string, not an integer");
}

TEST(Step, FromMustNameSteps) {
  EXPECT_EQ(operator_mistakes("from = 7\n"),
            "job.toml:3:8: error: from must name steps by strings, not by an integer");
  EXPECT_EQ(operator_mistakes("from = [\"b\", 7]\n"),
            "job.toml:3:14: error: each step in from must be a string, not an integer");
  EXPECT_EQ(operator_mistakes("from = { left = true }\n"),
            "job.toml:3:17: error: from must name steps by strings, not by a boolean");
  for (const char* from : {"", "B", "a b", "a.b.c", ".b", "b."}) {
    EXPECT_EQ(operator_mistakes("from = \"" + std::string(from) + "\"\n"),
              "job.toml:3:8: error: from: \"" + std::string(from) +
                  "\" is not a step: write \"step\" or \"step.port\"");
  }
}

TEST(Step, FromMustNotBeEmpty) {
  EXPECT_EQ(operator_mistakes("from = []\n"),
            "job.toml:3:8: error: from is empty: name at least one step");
  EXPECT_EQ(operator_mistakes("from = {}\n"),
            "job.toml:3:8: error: from is empty: name at least one step");
  EXPECT_EQ(operator_mistakes("from = { left = [] }\n"),
            "job.toml:3:17: error: from: left is empty: name at least one step");
}

TEST(Step, SidesHaveProperNames) {
  EXPECT_EQ(operator_mistakes("from = { Left = \"b\" }\n"),
            "job.toml:3:10: error: from: \"Left\" is not a name for an input (a-z, 0-9, _, and a "
            "letter first)");
}

TEST(Step, MergingAStepTwiceIsSuspicious) {
  EXPECT_EQ(operator_mistakes("from = [\"b\", \"b\"]\n"),
            "job.toml:3:14: warning: from names \"b\" twice: its records come twice");
  EXPECT_EQ(operator_mistakes("from = { l = \"b\", r = \"b\" }\n"), "");
}

TEST(Step, HostWordsAreChecked) {
  EXPECT_EQ(operator_mistakes("from = \"b\"\non_error = \"ignore\"\n"),
            "job.toml:4:12: error: on_error must be \"fail\" or \"skip\", not \"ignore\"");
  EXPECT_EQ(operator_mistakes("from = \"b\"\non_error = true\n"),
            "job.toml:4:12: error: on_error must be a string, not a boolean");
  EXPECT_EQ(operator_mistakes("from = \"b\"\ncombine = \"no\"\n"),
            "job.toml:4:11: error: combine must be a boolean, not a string");
}

TEST(Step, WatermarksAreChecked) {
  EXPECT_EQ(operator_mistakes("from = \"b\"\nwatermark = \"5s\"\n"),
            "job.toml:4:13: error: watermark must be a table, not a string");
  EXPECT_EQ(operator_mistakes("from = \"b\"\nwatermark = { idle = \"5s\" }\n"),
            "job.toml:4:13: error: watermark has no \"wait\": say how late records may be, such as "
            "{ wait = \"5s\" }");
  EXPECT_EQ(
      operator_mistakes("from = \"b\"\nwatermark = { wait = \"5\", idel = \"5s\" }\n"),
      "job.toml:4:22: error: watermark.wait: \"5\" is not a duration: write numbers with units "
      "(us ms s m h d), such as \"250ms\", \"10s\", \"2h30m\"\n"
      "job.toml:4:27: error: unknown key \"idel\" in watermark (did you mean \"idle\"?)");
  EXPECT_EQ(operator_mistakes("from = \"b\"\nwatermark = { wait = 5 }\n"),
            "job.toml:4:22: error: watermark.wait must be a string, not an integer");
  EXPECT_EQ(operator_mistakes("from = \"b\"\nwatermark = { wait = \"5s\", align = 1 }\n"),
            "job.toml:4:36: error: watermark.align must be a boolean, not an integer");
  EXPECT_EQ(mistakes("[sink.a]\nuse = \"p.c\"\nfrom = \"b\"\nwatermark = { wait = \"5s\" }\n"),
            "job.toml:4:13: error: a sink has no watermark: it belongs to the source, or to the "
            "operator that sets the event time");
}

}  // namespace
}  // namespace streamhost
