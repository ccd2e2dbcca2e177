// Options that are tables, and those that name aggregates: from the text of a manifest to what a
// plugin reads through sh_host.
#include <gtest/gtest.h>

#include "dataflow/build_for_test.h"
#include "plugin/services.h"

namespace streamhost {
namespace {

using testing::build_text;
using testing::Built;
using testing::kSource;
using testing::table;

std::string text_of(sh_bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.ptr), static_cast<size_t>(bytes.len)};
}

class NestedOptions : public ::testing::Test {
 protected:
  // The options of a t.window that begin in line 7.
  Built build(const std::string& options) {
    return build_text(kSource + table("operator.w", "t.window", "\"in\"") + options +
                          table("sink.out", "t.out", "\"w\""),
                      components_);
  }
  const sh_config* good(const std::string& options) {
    built_ = build(options);
    EXPECT_EQ(built_.text, "");
    return built_.dataflow ? built_.step("w").options.get() : nullptr;
  }
  std::string mistakes(const std::string& options) { return build(options).text + "\n"; }

  std::string get(const sh_config* config, const char* option) {
    sh_bytes value{};
    const sh_status status = host_->config_get(config, option, &value);
    if (status == SH_END) return "absent";
    return status == SH_OK ? text_of(value) : "status " + std::to_string(status);
  }
  // "name: id (n)" of each component.
  std::string components(const sh_config* config, const char* option) {
    std::string all;
    for (uint32_t i = 0; i < host_->config_count(config, option); ++i) {
      const sh_use* use = host_->config_component(config, option, i);
      all += text_of(use->name) + ": " + text_of(use->id) + " (" + get(use->options, "n") + ") ";
    }
    return all;
  }

  const sh_host* const host_ = host_table();
  testing::FakeComponents components_;
  Built built_;
};

TEST_F(NestedOptions, ATableIsReadLikeAStepsOptions) {
  const sh_config* config =
      good("window = { kind = \"session\", length = \"1m\", bounds = { greatest = 3 } }\n");
  const sh_config* window = host_->config_table(config, "window");
  ASSERT_NE(window, nullptr);
  EXPECT_EQ(get(window, "kind"), "session");
  EXPECT_EQ(get(window, "length"), "60000000");
  EXPECT_EQ(get(host_->config_table(window, "bounds"), "greatest"), "3");
  EXPECT_EQ(get(window, "greatest"), "status " + std::to_string(SH_E_NOT_IMPLEMENTED));
  EXPECT_EQ(get(config, "window"), "");  // given, and no scalar
  EXPECT_EQ(host_->config_count(config, "window"), 0u);
}

TEST_F(NestedOptions, FieldsHaveDefaultsOnlyWhereTheTableIsGiven) {
  const sh_config* config = good("window = { kind = \"session\", bounds = {} }\n");
  const sh_config* window = host_->config_table(config, "window");
  EXPECT_EQ(get(host_->config_table(window, "bounds"), "greatest"), "7");
  config = good("window = { kind = \"session\" }\n");
  window = host_->config_table(config, "window");
  EXPECT_EQ(host_->config_table(window, "bounds"), nullptr);
  EXPECT_EQ(get(window, "length"), "absent");
  config = good("");
  EXPECT_EQ(host_->config_table(config, "window"), nullptr);
  EXPECT_EQ(get(config, "window"), "absent");
  EXPECT_EQ(host_->config_table(config, "value"), nullptr);
  EXPECT_EQ(host_->config_table(config, "nothing"), nullptr);
}

TEST_F(NestedOptions, EveryMistakeInATableHasItsPlace) {
  EXPECT_EQ(mistakes("window = { knid = \"session\", length = 5, bounds = { greatest = 0 } }\n"),
            "job.toml:7:10: error: option \"window\" of t.window needs \"kind\"\n"
            "job.toml:7:12: error: unknown option \"knid\" in option \"window\" of t.window (did "
            "you mean \"kind\"?)\n"
            "job.toml:7:39: error: option \"window.length\" of t.window must be a duration such as "
            "\"250ms\" or \"1m30s\", not an integer\n"
            "job.toml:7:64: error: option \"window.bounds.greatest\" of t.window must be at least "
            "1; it is 0\n");
  EXPECT_EQ(mistakes("window = { kind = \"sesion\" }\n"),
            "job.toml:7:19: error: option \"window.kind\" of t.window must be one of \"tumbling\", "
            "\"session\"; it is \"sesion\" (did you mean \"session\"?)\n");
  EXPECT_EQ(mistakes("window = \"1m\"\n"),
            "job.toml:7:10: error: option \"window\" of t.window must be a table { name = value, … "
            "}, not a string\n");
}

TEST_F(NestedOptions, AComponentIsNamedByItsIdOrByATableWithItsOptions) {
  const sh_config* config = good("value = \"t.sum\"\nmore = { use = \"t.top\", n = 3 }\n");
  EXPECT_EQ(components(config, "value"), ": t.sum (status -6) ");
  EXPECT_EQ(components(config, "more"), ": t.top (3) ");
  const sh_use* use = host_->config_component(config, "more", 0);
  EXPECT_STREQ(use->component->name, "top");
  EXPECT_EQ(use->struct_size, sizeof(sh_use));
  EXPECT_EQ(host_->config_component(config, "more", 1), nullptr);
  EXPECT_EQ(host_->config_component(config, "window", 0), nullptr);
  EXPECT_EQ(host_->config_component(config, "nothing", 0), nullptr);
  EXPECT_EQ(get(config, "value"), "");
  EXPECT_EQ(get(good(""), "value"), "absent");
}

TEST_F(NestedOptions, ATableWithoutUseGivesNamesToSeveral) {
  const sh_config* config =
      good("more = { total = \"t.sum\", best = { use = \"t.top\", n = 2 }, \"/ä\" = \"t.sum\" }\n");
  EXPECT_EQ(components(config, "more"),
            "total: t.sum (status -6) best: t.top (2) /ä: t.sum (status -6) ");
}

TEST_F(NestedOptions, EveryMistakeInAComponentHasItsPlace) {
  EXPECT_EQ(mistakes("value = { use = \"t.top\", n = \"x\", m = 1 }\nmore = \"t.top\"\n"),
            "job.toml:7:30: error: option \"n\" of t.top must be an integer, not a string\n"
            "job.toml:7:35: error: unknown option \"m\" of t.top; it has: n\n"
            "job.toml:8:8: error: t.top needs the option \"n\"\n");
  EXPECT_EQ(mistakes("value = { us = \"t.sum\" }\n"),
            "job.toml:7:9: error: option \"value\" of t.window has no \"use\": say which aggregate "
            "it is, such as use = \"agg.sum\"\n");
  EXPECT_EQ(mistakes("value = 5\nmore = { use = 5 }\n"),
            "job.toml:7:9: error: option \"value\" of t.window must name an aggregate, such as "
            "\"agg.sum\" or { use = \"agg.sum\", … }, not an integer\n"
            "job.toml:8:16: error: option \"more\" of t.window must name an aggregate, such as "
            "\"agg.sum\" or { use = \"agg.sum\", … }, not an integer\n");
  EXPECT_EQ(mistakes("more = { a = 1, b = {}, \"\" = \"t.sum\", c = \"t.none\" }\n"),
            "job.toml:7:14: error: option \"more.a\" of t.window must name an aggregate, such as "
            "\"agg.sum\" or { use = \"agg.sum\", … }, not an integer\n"
            "job.toml:7:21: error: option \"more.b\" of t.window has no \"use\": say which "
            "aggregate it is, such as use = \"agg.sum\"\n"
            "job.toml:7:25: error: option \"more\" of t.window has an entry without a name\n"
            "job.toml:7:43: error: there is no component \"t.none\"\n");
  EXPECT_EQ(mistakes("more = {}\n"),
            "job.toml:7:8: error: option \"more\" of t.window is empty: name at least one "
            "aggregate\n");
}

TEST_F(NestedOptions, AComponentMustBeAnAggregateOfAPluginThatLoads) {
  EXPECT_EQ(mistakes("value = \"t.out\"\n"),
            "job.toml:7:9: error: component \"t.out\" is a sink\n");
  const Built gone = build("more = { a = { use = \"gone.sum\" } }\n");
  EXPECT_EQ(gone.text, "job.toml:7:22: error: plugin \"gone\" is in none of the directories");
  EXPECT_EQ(gone.code, Code::kPlugin);
}

}  // namespace
}  // namespace streamhost
