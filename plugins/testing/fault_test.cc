#include "fault.h"

#include <gtest/gtest.h>

#include <csignal>

#include "clocked_host.h"
#include "common/component_harness.h"
#include "fault_operator.h"
#include "test_folder.h"

namespace testing_plugin {
namespace {

using plugin_common::ComponentHarness;
using plugin_common::TestRecord;
using Strings = std::vector<std::string>;

Strings values(const std::vector<TestRecord>& records) {
  Strings all;
  for (const TestRecord& r : records) all.push_back(r.value.value_or("(none)"));
  return all;
}

TEST(FaultOperator, FailsAtTheRecordItIsToldAndPassesOnWhatIsBefore) {
  ComponentHarness step("fault", {{"at", "3"}});
  EXPECT_EQ(step.process({{{}, "a"}, {{}, "b"}}), SH_OK);
  EXPECT_EQ(step.process({{{}, "c"}, {{}, "d"}}), SH_E_UNAVAILABLE);
  EXPECT_EQ(
      step.message(),
      "a fault at a record, as `do = \"fail\"` asks for (time 3 that it came by on worker 2)");
  EXPECT_EQ(values(step.out), (Strings{"a", "b"}));
}

TEST(FaultOperator, CountsOnlyRecordsWithTheValue) {
  ComponentHarness step("fault", {{"at", "2"}, {"value", "x"}, {"do", "bad_record"}});
  EXPECT_EQ(step.process({{{}, "x"}, {{}, "a"}, {{}, "x"}, {{}, "x"}}), SH_OK);
  EXPECT_EQ(values(step.out), (Strings{"x", "a", "x"}));
  EXPECT_EQ(step.rejected.size(), 1u);
  ComponentHarness every("fault", {{"value", "x"}, {"do", "bad_record"}});
  EXPECT_EQ(every.process({{{}, "x"}, {{}, "a"}, {{}, "x"}}), SH_OK);
  EXPECT_EQ(values(every.out), (Strings{"a"}));
  EXPECT_EQ(every.rejected.size(), 2u);
}

TEST(FaultOperator, RecordsPassWithKeyAndTime) {
  ComponentHarness step("fault", {{"at", "99"}});
  const TestRecord record{"k", "v", 5, {{"h", "1"}}};
  EXPECT_EQ(step.process({record}), SH_OK);
  EXPECT_EQ(step.out, std::vector{record});
}

TEST(FaultOperator, ThrowsWhatTheSdkDoesNotKnow) {
  ComponentHarness step("fault", {{"at", "1"}, {"do", "throw"}});
  EXPECT_EQ(step.process({{{}, "a"}}), SH_E_INTERNAL);
}

TEST(FaultOperatorDeathTest, EndsTheProcessInSeveralWays) {
  const auto run = [](const char* what) {
    ComponentHarness step("fault", {{"at", "1"}, {"do", what}});
    step.process({{{}, "a"}});
  };
  EXPECT_EXIT(run("crash"), testing::KilledBySignal(SIGKILL), "");
  EXPECT_EXIT(run("abort"), testing::KilledBySignal(SIGABRT), "");
  EXPECT_EXIT(run("exit"), testing::ExitedWithCode(3), "");
  const auto hang = [&] {
    ::alarm(1);
    run("hang");
  };
  EXPECT_EXIT(hang(), testing::KilledBySignal(SIGALRM), "");
}

TEST(FaultOperator, HappensOnceWhenItIsRemembered) {
  const TestFolder folder;
  ClockedHost host;
  host.options["at"] = {"1"};
  host.options["do"] = {"fail"};
  host.options["once"] = {folder / "once"};
  const Strings text = {"a"};
  const ValueBatch batch(text);
  const auto run = [&] {
    FaultOperator step(host.context(), host.config());
    streamhost::Out out = host.out();
    step.process(batch.get(), out);
    out.flush();
  };
  EXPECT_NE(failure(run), "");
  EXPECT_EQ(failure(run), "");
  EXPECT_EQ(host.records, (Strings{"a"}));
  EXPECT_EQ(folder.read("once"), "step test\n");
}

TEST(FaultOperator, WantsToKnowWhere) { EXPECT_NE(ComponentHarness("fault", {}).error, ""); }

TEST(Fault, AgainAndRetryAreRepeatedAndNotCounted) {
  ClockedHost host;
  host.options["at"] = {"2"};
  host.options["do"] = {"again"};
  Fault again(host.context(), host.config(), 0);
  Strings seen;
  for (int i = 0; i < 7; ++i) seen.push_back(again.due() ? "due" : "-");
  EXPECT_EQ(seen, (Strings{"-", "due", "due", "due", "-", "-", "-"}));
  host.options["do"] = {"retry"};
  Fault retry(host.context(), host.config(), 0);
  seen.clear();
  for (int i = 0; i < 5; ++i) seen.push_back(retry.due() ? "due" : "-");
  EXPECT_EQ(seen, (Strings{"-", "due", "due", "-", "-"}));
  try {
    retry.strike("here");
    ADD_FAILURE();
  } catch (const streamhost::Error& e) {
    EXPECT_EQ(e.flags(), SH_ERR_RETRYABLE);
  }
}

TEST(KeyedFault, CountsEachKeyAndItsStatesAreSavedInDecimal) {
  ComponentHarness step("keyed_fault", {});
  EXPECT_EQ(step.process({{"a", "x"}, {"b", "x"}, {"a", "x"}}), SH_OK);
  step.save_and_restore();
  EXPECT_EQ(step.process({{"a", "x"}}), SH_OK);
  EXPECT_EQ(values(step.out), (Strings{"1", "1", "2", "3"}));
  EXPECT_EQ(step.out[3].key, "a");
  EXPECT_EQ(step.keyed().state_size, 8u);
}

TEST(KeyedFault, FailsAtARecordOfAKey) {
  ComponentHarness step("keyed_fault", {{"key", "b"}, {"at", "2"}});
  EXPECT_EQ(step.process({{"b", "x"}, {"a", "x"}, {"a", "x"}, {"b", "x"}}), SH_E_UNAVAILABLE);
  EXPECT_EQ(values(step.out), (Strings{"1", "1", "2"}));
  ComponentHarness bad("keyed_fault", {{"key", "b"}, {"at", "2"}, {"do", "bad_record"}});
  EXPECT_EQ(bad.process({{"b", "x"}, {"b", "x"}, {"b", "x"}}), SH_OK);
  EXPECT_EQ(values(bad.out), (Strings{"1", "2"}));
  EXPECT_EQ(bad.rejected.size(), 1u);
}

TEST(KeyedFaultDeathTest, CrashesInTheCallsOfAState) {
  for (const char* in : {"init", "save", "restore", "drop"}) {
    const auto run = [&] {
      ComponentHarness step("keyed_fault", {{"in", in}, {"at", "2"}, {"do", "crash"}});
      step.process({{"a", "x"}, {"b", "x"}});
      step.save_and_restore();
    };
    EXPECT_EXIT(run(), testing::KilledBySignal(SIGKILL), "") << in;
  }
}

TEST(KeyedFault, FaultsThatCannotBeAreRefused) {
  EXPECT_EQ(ComponentHarness("keyed_fault", {{"in", "drop"}, {"at", "1"}}).error,
            "`do = \"fail\"` cannot be had in drop, which has no way to report an error; choose "
            "one of \"crash\", \"abort\", \"exit\", \"hang\"");
  EXPECT_NE(
      ComponentHarness("keyed_fault", {{"in", "save"}, {"at", "1"}, {"do", "bad_record"}}).error,
      "");
  EXPECT_NE(ComponentHarness("keyed_fault", {{"in", "drop"}, {"key", "a"}, {"do", "crash"}}).error,
            "");
}

}  // namespace
}  // namespace testing_plugin
