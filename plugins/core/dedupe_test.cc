#include "dedupe.h"

#include <gtest/gtest.h>

#include "common/component_harness.h"
#include "common/test_host.h"

namespace streamhost::core {
namespace {

using plugin_common::ComponentHarness;
using plugin_common::TestRecord;

constexpr auto kNone = std::nullopt;
using Records = std::vector<TestRecord>;

TEST(Dedupe, PassesTheFirstRecordOfEachKey) {
  ComponentHarness h("dedupe", {});
  ASSERT_EQ(h.process({{"a", "1", 5, {{"h", "x"}}}, {"b", "2"}, {"a", "3"}, {"b", "2"}}), SH_OK);
  ASSERT_EQ(h.process({{"a", "1"}, {"c", kNone}}), SH_OK);
  h.save_and_restore();
  ASSERT_EQ(h.process({{"b", "4"}, {"c", "5"}, {"d", "6"}}), SH_OK);
  EXPECT_EQ(h.out, (Records{{"a", "1", 5, {{"h", "x"}}}, {"b", "2"}, {"c", kNone}, {"d", "6"}}));
  EXPECT_EQ(h.timer_count(), 0u);
}

TEST(Dedupe, AKeyIsForgottenWhenItsTimeIsOver) {
  ComponentHarness h("dedupe", {{"ttl", "1000"}});
  ASSERT_EQ(h.process({{"a", "1"}}), SH_OK);
  ASSERT_EQ(h.pass_time(600), SH_OK);
  ASSERT_EQ(h.process({{"a", "2"}, {"b", "3"}}), SH_OK);
  ASSERT_EQ(h.pass_time(400), SH_OK);  // from the record that passed, not from its repeats
  EXPECT_EQ(h.state_count(), 1u);
  ASSERT_EQ(h.process({{"a", "4"}, {"b", "5"}}), SH_OK);
  EXPECT_EQ(h.out, (Records{{"a", "1"}, {"b", "3"}, {"a", "4"}}));
  h.save_and_restore();
  ASSERT_EQ(h.pass_time(1000), SH_OK);
  EXPECT_EQ(h.state_count(), 0u);
  EXPECT_EQ(h.timer_count(), 0u);
}

TEST(Dedupe, ByValuePassesEachValueOfAKeyOnce) {
  ComponentHarness h("dedupe", {{"by", "value"}});
  ASSERT_EQ(h.process({{"a", "1"}, {"b", "1"}, {"a", "2"}, {"a", "1"}, {"a", kNone}, {"a", ""}}),
            SH_OK);
  h.save_and_restore();
  ASSERT_EQ(h.process({{"a", kNone}, {"a", ""}, {"a", "2"}, {"b", "2"}}), SH_OK);
  EXPECT_EQ(h.out,
            (Records{{"a", "1"}, {"b", "1"}, {"a", "2"}, {"a", kNone}, {"a", ""}, {"b", "2"}}));
}

TEST(Dedupe, ByValueEachValueHasATimeOfItsOwn) {
  ComponentHarness h("dedupe", {{"by", "value"}, {"ttl", "1000"}});
  ASSERT_EQ(h.process({{"a", "1"}}), SH_OK);
  ASSERT_EQ(h.pass_time(600), SH_OK);
  ASSERT_EQ(h.process({{"a", "2"}, {"a", "1"}}), SH_OK);
  h.save_and_restore();
  ASSERT_EQ(h.pass_time(400), SH_OK);
  EXPECT_EQ(h.state_count(), 1u);
  EXPECT_EQ(h.timer_count(), 1u);
  ASSERT_EQ(h.process({{"a", "1"}, {"a", "2"}}), SH_OK);
  EXPECT_EQ(h.out, (Records{{"a", "1"}, {"a", "2"}, {"a", "1"}}));
  ASSERT_EQ(h.pass_time(600), SH_OK);
  ASSERT_EQ(h.pass_time(400), SH_OK);
  EXPECT_EQ(h.state_count(), 0u);
  EXPECT_EQ(h.timer_count(), 0u);
}

TEST(Dedupe, AWaitBeyondTheEndOfTimeIsForEver) {
  for (const char* by : {"key", "value"}) {
    ComponentHarness h("dedupe", {{"by", by}, {"ttl", std::to_string(INT64_MAX)}});
    ASSERT_EQ(h.process({{"a", "1"}, {"a", "1"}}), SH_OK);
    ASSERT_EQ(h.pass_time(1'000'000), SH_OK);
    ASSERT_EQ(h.process({{"a", "1"}}), SH_OK);
    EXPECT_EQ(h.out.size(), 1u) << by;
  }
}

TEST(Dedupe, AKeyWithTooManyDifferentValuesRejectsFurtherOnes) {
  ComponentHarness h("dedupe", {{"by", "value"}});
  const std::string large(size_t{40} << 20, 'x');
  ASSERT_EQ(h.process({{"a", large}, {"a", large + "y"}, {"a", large}, {"a", "small"}}), SH_OK);
  ASSERT_EQ(h.rejected.size(), 1u);
  EXPECT_EQ(h.rejected[0].substr(0, 49), "the different values of this key take 64 MiB, the");
  EXPECT_EQ(h.out.size(), 2u);
}

TEST(Dedupe, ManySmallValuesCountForTheMemoryTheyTake) {
  ComponentHarness h("dedupe", {{"by", "value"}});
  for (int i = 0; i < 800 && h.rejected.empty(); ++i) {
    Records records;
    for (int k = 0; k < 1000; ++k) records.push_back({"a", std::to_string(i * 1000 + k)});
    ASSERT_EQ(h.process(records), SH_OK);
  }
  EXPECT_FALSE(h.rejected.empty());
  EXPECT_GT(h.out.size(), 600'000u);
}

TEST(Dedupe, AStateOfTheOtherKindIsRefused) {
  plugin_common::TestHost key_host, value_host;
  key_host.options = {{"by", {"key"}}, {"ttl", {"0"}}};
  value_host.options = {{"by", {"value"}}, {"ttl", {"0"}}};
  Dedupe by_key(key_host.context(), key_host.config());
  Dedupe by_value(value_host.context(), value_host.config());
  const auto refused = [](Dedupe& step, std::string_view saved) -> std::string {
    try {
      step.restore(saved, 1);
      return "(nothing)";
    } catch (const Error& e) {
      EXPECT_EQ(e.status(), SH_E_STATE);
      return e.what();
    }
  };
  Writer writer = key_host.writer();
  by_key.save({}, writer);
  EXPECT_EQ(refused(by_value, key_host.written),
            "the saved state is of by = \"key\", and the manifest says another; say that again, or "
            "discard the step's states with --drop-state");
  EXPECT_EQ(refused(by_key, key_host.written), "(nothing)");
  EXPECT_EQ(refused(by_key, "k123"), "a saved state is cut off, or no state of core.dedupe");
  EXPECT_EQ(refused(by_value, "v123"), "a saved state is cut off, or no state of core.dedupe");
  EXPECT_EQ(refused(by_value, ""), "a saved state is cut off, or no state of core.dedupe");
}

}  // namespace
}  // namespace streamhost::core
