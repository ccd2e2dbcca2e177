#include "dataflow/build.h"

#include <gtest/gtest.h>

#include "dataflow/build_for_test.h"

namespace streamhost {
namespace {

using testing::build_text;
using testing::Built;
using testing::kSource;
using testing::table;

class Build : public ::testing::Test {
 protected:
  // A text that has no mistakes and deserves no warnings.
  Built good(const std::string& text) {
    Built built = build_text(text, components_);
    EXPECT_EQ(built.text, "");
    if (!built.dataflow) built.dataflow.emplace();
    return built;
  }
  testing::FakeComponents components_;
};

TEST_F(Build, AChainIsInTheOrderOfItsRecords) {
  const Built built =
      good(table("sink.out", "t.out", "\"c\"") + table("operator.c", "t.map", "\"b\"") +
           table("operator.b", "t.map", "\"in\"") + kSource);
  EXPECT_EQ(built.ids(), "in b c out");
  EXPECT_EQ(built.inputs("in"), "");
  EXPECT_EQ(built.inputs("b"), "in:0>0");
  EXPECT_EQ(built.inputs("out"), "c:0>0");
}

TEST_F(Build, SourcesComeFirstAndTheRestInFileOrder) {
  const Built built = good(kSource + table("operator.z", "t.map", "\"in\"") +
                           table("operator.a", "t.map", "\"in\"") +
                           table("sink.o", "t.out", "[\"z\", \"a\", \"second\"]") +
                           "[source.second]\nuse = \"t.in\"\npath = \"y\"\n");
  EXPECT_EQ(built.ids(), "in second z a o");
  EXPECT_EQ(built.inputs("o"), "z:0>0 a:0>0 second:0>0");
}

TEST_F(Build, StepsKnowTheirComponentsAndOptions) {
  const Built built = good(kSource + "limit = 3\n" + table("sink.out", "t.out", "\"in\""));
  const Step& in = built.step("in");
  EXPECT_EQ(in.component.id, "t.in");
  EXPECT_EQ(in.component.kind, Component::Kind::kSource);
  EXPECT_EQ(in.options->values.at("path").text, "x");
  EXPECT_EQ(in.options->values.at("limit").text, "3");
  EXPECT_TRUE(in.options->inputs.empty());
  EXPECT_EQ(in.where.text(), "job.toml:1:1");
  EXPECT_EQ(built.step("out").options->inputs, std::vector<std::string>{""});
}

TEST_F(Build, PortsAreFoundByName) {
  const Built built =
      good(kSource + table("operator.b", "t.branch", "\"in.out\"") +
           table("sink.first", "t.out", "\"b\"") + table("sink.no", "t.out", "\"b.no\"") +
           table("sink.yes", "t.out", "\"b.yes\""));
  EXPECT_EQ(built.inputs("b"), "in:0>0");
  EXPECT_EQ(built.inputs("first"), "b:0>0");
  EXPECT_EQ(built.inputs("no"), "b:1>0");
  EXPECT_EQ(built.inputs("yes"), "b:0>0");
}

TEST_F(Build, EveryStepHasAnErrorsPortEvenASink) {
  const Built built =
      good(kSource + table("operator.m", "t.map", "\"in\"") + table("sink.out", "t.out", "\"m\"") +
           table("sink.bad", "t.out", "[\"in.errors\", \"m.errors\", \"out.errors\"]"));
  EXPECT_EQ(built.inputs("bad"), "in:e>0 m:e>0 out:e>0");
  EXPECT_TRUE(built.step("in").errors_wired);
  EXPECT_TRUE(built.step("out").errors_wired);
  EXPECT_FALSE(built.step("bad").errors_wired);
}

TEST_F(Build, DeclaredSidesKeepTheOrderOfTheComponent) {
  const Built built =
      good(kSource + table("operator.m", "t.map", "\"in\"") +
           table("operator.j", "t.join", "{ right = \"m\", left = [\"in\", \"m\"] }") +
           table("sink.out", "t.out", "\"j\""));
  EXPECT_EQ(built.inputs("j"), "m:0>1 in:0>0 m:0>0");
  EXPECT_EQ(built.step("j").options->inputs, (std::vector<std::string>{"left", "right"}));
}

TEST_F(Build, FreeSidesKeepTheOrderOfTheManifest) {
  const Built built = good(kSource + table("operator.m", "t.map", "\"in\"") +
                           table("operator.j", "t.merge", "{ z = \"m\", a = \"in\", b = \"m\" }") +
                           table("sink.out", "t.out", "\"j\""));
  EXPECT_EQ(built.inputs("j"), "m:0>0 in:0>1 m:0>2");
  EXPECT_EQ(built.step("j").options->inputs, (std::vector<std::string>{"z", "a", "b"}));
}

TEST_F(Build, FreeSidesMayBeLeftOut) {
  const Built built = good(kSource + table("operator.j", "t.merge", "\"in\"") +
                           table("sink.out", "t.out", "\"j\""));
  EXPECT_EQ(built.inputs("j"), "in:0>0");
  EXPECT_EQ(built.step("j").options->inputs, std::vector<std::string>{""});
}

TEST_F(Build, ATtlIsTheHostsUnlessTheComponentHasOne) {
  components_.option(components_.add("t.dedupe", Component::Kind::kKeyed), "ttl", SH_TYPE_DURATION,
                     0);
  const Built built = good(kSource + table("operator.k", "t.count", "\"in\"") + "ttl = \"90s\"\n" +
                           table("operator.d", "t.dedupe", "\"in\"") + "ttl = \"90s\"\n" +
                           table("sink.out", "t.out", "[\"k\", \"d\"]"));
  EXPECT_EQ(built.step("k").ttl_us, 90'000'000);
  EXPECT_FALSE(built.step("k").combine) << "what is sent away each epoch is not seen last then";
  EXPECT_EQ(built.step("d").ttl_us, std::nullopt);
  EXPECT_EQ(built.step("d").options->values.at("ttl").text, "90000000");
}

TEST_F(Build, AStepThatNamesAggregatesCombinesWhenAllOfThemMerge) {
  static const sh_aggregate merges = [] {
    sh_aggregate a{};
    a.merge = [](void*, void*, void*, sh_error*) -> sh_status { return SH_OK; };
    return a;
  }();
  static const sh_aggregate may = [] {
    sh_aggregate a = merges;
    a.flags = SH_AGGREGATE_MERGE_BY_OPTIONS;
    return a;
  }();
  static const sh_aggregate cannot{};
  components_.add("t.merges", Component::Kind::kAggregate)->aggregate = &merges;
  components_.add("t.may", Component::Kind::kAggregate)->aggregate = &may;
  components_.add("t.cannot", Component::Kind::kAggregate)->aggregate = &cannot;
  components_.option(components_.add("t.fold", Component::Kind::kKeyed, SH_KEYED_COMBINES),
                     "aggregate", SH_TYPE_COMPONENT, SH_OPTION_NAMED);
  const auto combines = [&](const std::string& aggregate) {
    return good(kSource + table("operator.f", "t.fold", "\"in\"") + "aggregate = " + aggregate +
                "\n" + table("sink.out", "t.out", "\"f\""))
        .step("f")
        .combine;
  };
  EXPECT_TRUE(combines("\"t.merges\""));
  EXPECT_FALSE(combines("\"t.cannot\""));
  EXPECT_FALSE(combines("\"t.may\""));
  EXPECT_FALSE(combines("{ a = \"t.merges\", b = \"t.cannot\" }"));
}

TEST_F(Build, HostWordsReachTheSteps) {
  const Built built = good(kSource + "watermark = { wait = \"5s\" }\non_error = \"skip\"\n" +
                           table("operator.k", "t.count", "\"in\"") + "combine = false\n" +
                           table("operator.l", "t.count", "\"in\"") + "combine = true\n" +
                           table("sink.out", "t.out", "[\"k\", \"l\"]"));
  EXPECT_EQ(built.step("in").on_error, OnError::kSkip);
  EXPECT_EQ(built.step("in").watermark->wait_us, 5'000'000);
  EXPECT_FALSE(built.step("k").combine);
  EXPECT_TRUE(built.step("l").combine);
  EXPECT_TRUE(built.step("out").combine);
  EXPECT_EQ(built.step("k").on_error, OnError::kFail);
}

TEST_F(Build, SettingsAndNameAreTakenOver) {
  const Built built =
      good("name = \"clicks\"\n[run]\nworkers = 3\n[recovery]\ndirectory = \"/s\"\n" + kSource +
           table("sink.out", "t.out", "\"in\""));
  EXPECT_EQ(built.dataflow->name, "clicks");
  EXPECT_EQ(built.dataflow->run.workers, 3U);
  EXPECT_EQ(built.dataflow->recovery.directory, "/s");
}

TEST_F(Build, AStepThatNobodyReadsIsAWarning) {
  const Built built = build_text(kSource + table("operator.m", "t.map", "\"in\"") +
                                     table("sink.out", "t.out", "[\"in\", \"m.errors\"]"),
                                 components_);
  EXPECT_TRUE(built.dataflow);
  EXPECT_EQ(built.text,
            "job.toml:4:1: warning: nobody reads the operator \"m\": its records go nowhere");
}

TEST_F(Build, OneOfSeveralPortsMayStayUnread) {
  good(kSource + table("operator.b", "t.branch", "\"in\"") + table("sink.o", "t.out", "\"b.no\""));
}

TEST_F(Build, EventTimeComesFromEverySourceOrFromTheStepItself) {
  const std::string timed =
      "[source.timed]\nuse = \"t.in\"\npath = \"y\"\nwatermark = { wait = \"1s\" }\n";
  const Built built = good(
      kSource + timed + table("operator.a", "t.map", "\"timed\"") +
      table("operator.both", "t.map", "[\"a\", \"in\"]") +
      table("operator.c", "t.count", "\"both\"") +
      table("operator.set", "t.map", "[\"in\", \"timed\"]") + "watermark = { wait = \"5s\" }\n" +
      table("operator.d", "t.count", "[\"set\", \"a.errors\"]") +
      table("sink.out", "t.out", "[\"c\", \"d\"]") + table("sink.late", "t.out", "\"d\""));
  const auto text = [&](const std::string& id) {
    const Step& step = built.step(id);
    return step.event_time ? "yes" : "no: " + step.untimed_source;
  };
  EXPECT_EQ(text("in"), "no: in");
  EXPECT_EQ(text("timed"), "yes");
  EXPECT_EQ(text("a"), "yes");
  EXPECT_EQ(text("both"), "no: in");
  EXPECT_EQ(text("c"), "no: in");
  EXPECT_EQ(text("set"), "yes");
  EXPECT_EQ(text("d"), "yes");
  EXPECT_EQ(text("out"), "no: in");
  EXPECT_EQ(text("late"), "yes");
  EXPECT_EQ(built.step("d").untimed_source, "");
}

}  // namespace
}  // namespace streamhost
