// Options that are tables, and aggregates of one plugin in a step of another, from the manifest to
// the result. See nested/.
#include <gtest/gtest.h>

#include "support/process.h"

namespace streamhost::testing {
namespace {

// Runs a job that folds the numbers from 0 to 19 with these options, from line 10 on.
RunResult fold(const std::string& options, std::vector<std::string> verb = {}) {
  const TempDir dir;
  const std::string manifest = dir.write(
      "job.toml",
      "[plugins]\npaths = [\"" STREAMHOST_TEST_PLUGINS
      "/nested\"]\n\n[source.numbers]\nuse = \"demo.sequence\"\ncount = 20\n\n[operator.fold]\nuse "
      "= \"fold.all\"\n" +
          options +
          "from = \"numbers\"\non_error = \"skip\"\n[sink.out]\nuse = \"stdio.lines\"\nfrom = "
          "\"fold\"\nformat = \"{key}={value}\"\n");
  verb.insert(verb.end(), {"--manifest", manifest});
  return streamhost(verb);
}

std::string result(const std::string& options) {
  const RunResult r = fold(options);
  EXPECT_EQ(r.status, 0) << r.err;
  return r.out;
}

TEST(NestedOptions, AnAggregateOfAnotherPluginIsNamedByItsIdOrWithOptions) {
  EXPECT_EQ(result("aggregate = \"parts.sum\"\n"), "parts.sum=177\n");  // without 13
  EXPECT_EQ(result("aggregate = { use = \"parts.sum\", by = 2 }\n"), "parts.sum=354\n");
}

TEST(NestedOptions, SeveralAggregatesHaveNames) {
  EXPECT_EQ(result("limits = { greatest = 3 }\n"
                   "aggregate = { total = { use = \"parts.sum\", by = 10 }, list = "
                   "\"parts.text\" }\n"),
            "total=60\nlist=\"0123\"\n");
}

TEST(NestedOptions, FieldsOfATableHaveDefaultsWhenItIsGiven) {
  EXPECT_EQ(result("limits = {}\naggregate = \"parts.sum\"\n"), "parts.sum=15\n");
}

TEST(NestedOptions, ATableMayBeWrittenWithAHeader) {
  const RunResult r =
      fold("aggregate.total.use = \"parts.sum\"\naggregate.total.by = 3\nlimits.greatest = 2\n");
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_EQ(r.out, "total=9\n");
}

TEST(NestedOptions, WhatAnAggregateRefusesIsTheStepsMistake) {
  const RunResult r = fold("aggregate = { use = \"parts.sum\", by = 13 }\n");
  EXPECT_EQ(r.status, 2) << r.err;
  EXPECT_NE(r.err.find("\"fold\""), std::string::npos) << r.err;
  EXPECT_NE(r.err.find("by 13 is bad luck"), std::string::npos) << r.err;
}

TEST(NestedOptions, AStepKnowsThatItHasNoEventTime) {
  const RunResult r = fold("aggregate = \"parts.sum\"\nneeds_time = true\n");
  EXPECT_EQ(r.status, 2) << r.err;
  EXPECT_NE(r.err.find("it needs event time"), std::string::npos) << r.err;
}

TEST(NestedOptions, EveryMistakeInThemHasItsPlace) {
  const RunResult r = fold(
      "limits = { greatest = \"many\", leest = 1 }\n"
      "aggregate = { a = { use = \"parts.sum\", by = 0, buy = 1 }, b = \"parts.sun\", c = "
      "\"demo.sequence\", d = \"nobody.sum\" }\n",
      {"check"});
  EXPECT_EQ(r.status, 2) << r.err;
  for (const char* part :
       {"job.toml:10:23: error: option \"limits.greatest\" of fold.all must be an integer",
        "job.toml:10:31: error: unknown option \"leest\" in option \"limits\" of fold.all",
        "job.toml:11:45: error: option \"by\" of parts.sum must be at least 1; it is 0",
        "job.toml:11:48: error: unknown option \"buy\" of parts.sum (did you mean \"by\"?)",
        "job.toml:11:63: error: plugin \"parts\" has no aggregate \"sun\"",
        "job.toml:11:80: error: demo.sequence is a source, not an aggregate",
        "job.toml:11:101: error: plugin \"nobody\" was not found"}) {
    EXPECT_NE(r.err.find(part), std::string::npos) << part << "\n" << r.err;
  }
}

}  // namespace
}  // namespace streamhost::testing
