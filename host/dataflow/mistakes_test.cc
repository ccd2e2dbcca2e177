// Each thing that can be wrong with a graph, and what a person is told.
#include <gtest/gtest.h>

#include "dataflow/build_for_test.h"

namespace streamhost {
namespace {

using testing::build_text;
using testing::Built;
using testing::kSource;
using testing::table;

class Mistakes : public ::testing::Test {
 protected:
  std::string of(const std::string& text) {
    const Built built = build_text(text, components_);
    EXPECT_FALSE(built.dataflow);
    code_ = built.code;
    return built.text;
  }
  // With a source "in" in lines 1 to 3 and a sink "out" in lines 4 to 6 that reads it.
  std::string beside_a_job(const std::string& text) {
    return of(kSource + table("sink.out", "t.out", "\"in\"") + text);
  }
  testing::FakeComponents components_;
  Code code_ = Code::kOk;
};

TEST_F(Mistakes, UnknownStep) {
  EXPECT_EQ(beside_a_job(table("sink.b", "t.out", "\"inn\"")),
            "job.toml:9:8: error: unknown step \"inn\" (did you mean \"in\"?)");
  EXPECT_EQ(code_, Code::kUsage);
  EXPECT_EQ(beside_a_job(table("sink.b", "t.out", "[\"in\", \"nothing_like_it\"]")),
            "job.toml:9:15: error: unknown step \"nothing_like_it\"");
}

TEST_F(Mistakes, UnknownPort) {
  EXPECT_EQ(beside_a_job(table("operator.b", "t.branch", "\"in\"") +
                         table("sink.c", "t.out", "\"b.yess\"")),
            "job.toml:12:8: error: step \"b\" (t.branch) has no port \"yess\" (did you mean "
            "\"yes\"?); it has: yes, no, errors");
  EXPECT_EQ(beside_a_job(table("sink.c", "t.out", "\"in.late\"")),
            "job.toml:9:8: error: step \"in\" (t.in) has no port \"late\"; it has: out, errors");
}

TEST_F(Mistakes, ReadingFromASink) {
  EXPECT_EQ(beside_a_job(table("sink.c", "t.out", "\"out\"")),
            "job.toml:9:8: error: \"out\" is a sink: nothing can be read from it but "
            "\"out.errors\"");
}

TEST_F(Mistakes, UnknownComponent) {
  EXPECT_EQ(beside_a_job(table("operator.c", "t.mapp", "\"in\"")),
            "job.toml:8:7: error: there is no component \"t.mapp\"");
  EXPECT_EQ(code_, Code::kUsage);
}

TEST_F(Mistakes, PluginThatCannotBeLoaded) {
  EXPECT_EQ(beside_a_job(table("operator.c", "gone.x", "\"in\"")),
            "job.toml:8:7: error: plugin \"gone\" is in none of the directories");
  EXPECT_EQ(code_, Code::kPlugin);
  // A wrong manifest beside it is a wrong manifest.
  beside_a_job(table("operator.c", "gone.x", "\"inn\""));
  EXPECT_EQ(code_, Code::kUsage);
}

TEST_F(Mistakes, ComponentOfAnotherKind) {
  EXPECT_EQ(beside_a_job(table("operator.c", "t.out", "\"in\"")),
            "job.toml:8:7: error: component \"t.out\" is a sink");
  components_.ignore_kinds();
  EXPECT_EQ(beside_a_job(table("operator.c", "t.out", "\"in\"")),
            "job.toml:8:7: error: t.out is a sink: it cannot be used in [operator.c]");
  EXPECT_EQ(beside_a_job(table("sink.c", "t.count", "\"in\"")),
            "job.toml:8:7: error: t.count is an operator: it cannot be used in [sink.c]");
}

TEST_F(Mistakes, UnknownOption) {
  EXPECT_EQ(beside_a_job("[source.b]\nuse = \"t.in\"\npath = \"y\"\npth = \"y\"\n"),
            "job.toml:10:1: error: unknown option \"pth\" of t.in (did you mean \"path\"?)");
}

TEST_F(Mistakes, MissingOption) {
  EXPECT_EQ(beside_a_job("[source.b]\nuse = \"t.in\"\n"),
            "job.toml:7:1: error: t.in needs the option \"path\"");
}

TEST_F(Mistakes, OptionOfWrongTypeOrOutOfRange) {
  const std::string text = beside_a_job("[source.b]\nuse = \"t.in\"\npath = 7\nlimit = 11\n");
  EXPECT_NE(text.find("job.toml:9:8: error: option \"path\" of t.in "), std::string::npos) << text;
  EXPECT_NE(text.find("job.toml:10:9: error: option \"limit\" of t.in "), std::string::npos)
      << text;
}

TEST_F(Mistakes, DuplicateId) {
  EXPECT_EQ(beside_a_job(table("operator.in", "t.map", "\"in\"")),
            "job.toml:7:1: error: the id \"in\" is taken: [source.in] at job.toml:1:1 has it");
}

TEST_F(Mistakes, MissingFrom) {
  EXPECT_EQ(
      beside_a_job("[operator.b]\nuse = \"t.map\"\n"),
      "job.toml:7:1: error: [operator.b] has no \"from\": say whose records it reads, such as "
      "from = \"lines\"");
}

TEST_F(Mistakes, NotToml) {
  EXPECT_EQ(of("[source.in\n"),
            "job.toml:1:11: error: this is not TOML: expected ']', saw '\\n' (in a table header)");
}

TEST_F(Mistakes, Cycle) {
  EXPECT_EQ(beside_a_job(table("operator.b", "t.merge", "{ x = \"in\", y = \"c\" }") +
                         table("operator.c", "t.map", "\"b\"")),
            "job.toml:9:24: error: the records would go round in a circle: b -> c -> b");
}

TEST_F(Mistakes, CycleOfOneStep) {
  EXPECT_EQ(beside_a_job(table("operator.b", "t.map", "[\"in\", \"b\"]")),
            "job.toml:9:15: error: the records would go round in a circle: b -> b");
}

TEST_F(Mistakes, CycleThroughTheErrorsPort) {
  EXPECT_EQ(beside_a_job(table("operator.b", "t.map", "[\"in\", \"d\"]") +
                         table("operator.c", "t.map", "\"b\"") +
                         table("operator.d", "t.map", "\"c.errors\"")),
            "job.toml:9:15: error: the records would go round in a circle: b -> c -> d -> b");
}

TEST_F(Mistakes, SeveralCyclesAreAllNamed) {
  EXPECT_EQ(
      beside_a_job(table("operator.a", "t.map", "\"b\"") + table("operator.b", "t.map", "\"a\"") +
                   table("operator.c", "t.map", "\"d\"") + table("operator.d", "t.map", "\"c\"")),
      "job.toml:9:8: error: the records would go round in a circle: a -> b -> a\n"
      "job.toml:15:8: error: the records would go round in a circle: c -> d -> c");
}

TEST_F(Mistakes, CombineWithoutMerge) {
  const std::string why =
      " cannot combine before the exchange, because its states cannot be merged: remove "
      "\"combine\"";
  EXPECT_EQ(beside_a_job(table("operator.b", "t.last", "\"in\"") + "combine = true\n"),
            "job.toml:10:11: error: t.last" + why);
  EXPECT_EQ(beside_a_job(table("operator.b", "t.map", "\"in\"") + "combine = true\n"),
            "job.toml:10:11: error: t.map" + why);
}

TEST_F(Mistakes, CombineWithAnAggregateThatCannotMerge) {
  static const sh_aggregate cannot{};
  components_.add("t.cannot", Component::Kind::kAggregate)->aggregate = &cannot;
  components_.option(components_.add("t.fold", Component::Kind::kKeyed, SH_KEYED_COMBINES),
                     "aggregate", SH_TYPE_COMPONENT, 0);
  EXPECT_EQ(
      beside_a_job(table("operator.b", "t.fold", "\"in\"") +
                   "aggregate = \"t.cannot\"\ncombine = true\n"),
      "job.toml:11:11: error: t.cannot cannot combine before the exchange, because its states "
      "cannot be merged: remove \"combine\"");
}

TEST_F(Mistakes, TtlThatIsNone) {
  const auto with = [&](const std::string& line) {
    return beside_a_job(table("operator.b", "t.count", "\"in\"") + line + "\n");
  };
  EXPECT_EQ(with("ttl = 5"), "job.toml:10:7: error: ttl must be a duration, such as \"1h\"");
  EXPECT_EQ(
      with("ttl = \"0s\""),
      "job.toml:10:7: error: ttl must be longer than nothing; without \"ttl\" states are kept");
  EXPECT_EQ(with("ttl = \"soon\"").substr(0, 30), "job.toml:10:7: error: ttl: \"so");
  EXPECT_EQ(
      with("combine = true\nttl = \"1h\""),
      "job.toml:10:11: error: a step with \"ttl\" does not combine before the exchange: remove "
      "one of them");
  EXPECT_EQ(beside_a_job(table("operator.b", "t.map", "\"in\"") + "ttl = \"1h\"\n"),
            "job.toml:10:1: error: \"ttl\" is for steps with states by key, and t.map has none");
}

TEST_F(Mistakes, WatermarkOfAKeyedStep) {
  EXPECT_EQ(
      beside_a_job(table("operator.b", "t.count", "\"in\"") + "watermark = { wait = \"1s\" }\n"),
      "job.toml:10:13: error: t.count is keyed, and takes its watermark from upstream: move "
      "\"watermark\" to the source, or to the step that sets the event time");
}

TEST_F(Mistakes, SidesForAStepWithoutNamedInputs) {
  EXPECT_EQ(beside_a_job(table("operator.b", "t.map", "{ left = \"in\" }")),
            "job.toml:9:17: error: t.map has one input without a name: write from = \"in\", or an "
            "array of steps to merge");
}

TEST_F(Mistakes, NoSidesForAStepWithNamedInputs) {
  EXPECT_EQ(
      beside_a_job(table("operator.b", "t.join", "\"in\"")),
      "job.toml:9:8: error: t.join has the inputs left, right: write from = { left = \"...\", "
      "right = \"...\" }");
}

TEST_F(Mistakes, UnknownAndMissingSides) {
  EXPECT_EQ(
      beside_a_job(table("operator.b", "t.join", "{ left = \"in\", rigth = \"in\" }")),
      "job.toml:9:17: error: from feeds nothing to the input \"right\" of t.join\n"
      "job.toml:9:31: error: t.join has no input \"rigth\" (did you mean \"right\"?); it has: "
      "left, right");
}

TEST_F(Mistakes, NoSourceOrSinkOrAnything) {
  EXPECT_EQ(of(""),
            "job.toml: error: there are no steps: a dataflow needs at least a [source.ID] "
            "and a [sink.ID]");
  EXPECT_EQ(of(kSource),
            "job.toml: error: there is no sink, so nothing would come out: add a [sink.ID]");
  EXPECT_EQ(
      of(table("operator.a", "t.map", "\"b\"") + table("operator.b", "t.map", "\"a\"")),
      "job.toml: error: there is no source, so nothing would ever come in: add a [source.ID]\n"
      "job.toml:3:8: error: the records would go round in a circle: a -> b -> a");
}

TEST_F(Mistakes, WhatCouldNotBeReadIsNotCalledMissing) {
  EXPECT_EQ(of("[sources.in]\nuse = \"t.in\"\n"),
            "job.toml:1:2: error: unknown table \"sources\" (did you mean \"source\"?)");
}

TEST_F(Mistakes, AllComeAtOnce) {
  EXPECT_EQ(of("[run]\n"
               "wokers = 2\n"
               "[source.in]\n"
               "use = \"t.in\"\n"
               "pth = \"x\"\n"
               "[operator.a]\n"
               "use = \"gone.x\"\n"
               "from = \"b.late\"\n"
               "[operator.b]\n"
               "use = \"t.map\"\n"
               "from = \"a\"\n"
               "combine = true\n"
               "[sink.out]\n"
               "use = \"t.nothing\"\n"
               "from = [\"inn\", \"out\"]\n"),
            "job.toml:2:1: error: unknown key \"wokers\" in [run] (did you mean \"workers\"?)\n"
            "job.toml:3:1: error: t.in needs the option \"path\"\n"
            "job.toml:5:1: error: unknown option \"pth\" of t.in (did you mean \"path\"?)\n"
            "job.toml:7:7: error: plugin \"gone\" is in none of the directories\n"
            "job.toml:8:8: error: step \"b\" (t.map) has no port \"late\"; it has: out, errors\n"
            "job.toml:12:11: error: t.map cannot combine before the exchange, because its states "
            "cannot be merged: remove \"combine\"\n"
            "job.toml:14:7: error: there is no component \"t.nothing\"\n"
            "job.toml:15:9: error: unknown step \"inn\" (did you mean \"in\"?)\n"
            "job.toml:15:16: error: \"out\" is a sink: nothing can be read from it but "
            "\"out.errors\"");
  EXPECT_EQ(code_, Code::kUsage);
}

}  // namespace
}  // namespace streamhost
