#include "common/component_harness.h"

namespace streamhost::text {
namespace {

using plugin_common::ComponentHarness;
using plugin_common::TestRecord;

constexpr auto kNone = std::nullopt;
using Records = std::vector<TestRecord>;

TEST(KeyValue, CutsAtTheFirstDelimiter) {
  ComponentHarness h("key_value", {});
  ASSERT_EQ(h.process({{kNone, "a=1", 5, {{"h", "x"}}},
                       {"old", "name=x=y"},
                       {kNone, "=v"},
                       {kNone, "k="},
                       {kNone, "="},
                       {kNone, "a key of more than thirty-two letters = and a value"}}),
            SH_OK);
  EXPECT_EQ(h.out, (Records{{"a", "1", 5, {{"h", "x"}}},
                            {"name", "x=y"},
                            {"", "v"},
                            {"k", ""},
                            {"", ""},
                            {"a key of more than thirty-two letters ", " and a value"}}));
  EXPECT_EQ(h.hashes, std::vector<uint64_t>(6, 0));
}

TEST(KeyValue, AValueWithoutADelimiterIsRejectedAndTheOthersGoOn) {
  ComponentHarness h("key_value", {{"delimiter", "\t"}});
  ASSERT_EQ(
      h.process({{kNone, "a=1"}, {kNone, "b\t2"}, {kNone, ""}, {kNone, kNone}, {"k", "c\t3"}}),
      SH_OK);
  EXPECT_EQ(h.out, (Records{{"b", "2"}, {"c", "3"}}));
  EXPECT_EQ(h.rejected, std::vector<std::string>(3, "the value has no delimiter \"\\t\""));
}

TEST(KeyValue, TrimTakesBlanksOffBothEndsOfBoth) {
  ComponentHarness h("key_value", {{"delimiter", ":"}, {"trim", "true"}});
  ASSERT_EQ(
      h.process({{kNone, " Content type \t:\ttext / plain "}, {kNone, "  : "}, {kNone, " x "}}),
      SH_OK);
  EXPECT_EQ(h.out, (Records{{"Content type", "text / plain"}, {"", ""}}));
  EXPECT_EQ(h.rejected, std::vector<std::string>{"the value has no delimiter \":\""});
  ComponentHarness plain("key_value", {{"delimiter", ":"}});
  ASSERT_EQ(plain.process({{kNone, "a : b"}}), SH_OK);
  EXPECT_EQ(plain.out, (Records{{"a ", " b"}}));
}

TEST(KeyValue, TheDelimiterIsOneAsciiCharacter) {
  for (const char* delimiter : {"", "==", "\xC3\xA9", "\xFF"}) {
    ComponentHarness h("key_value", {{"delimiter", delimiter}});
    EXPECT_EQ(h.error, "delimiter = \"" + std::string(delimiter) + "\" is not one ASCII character");
  }
}

}  // namespace
}  // namespace streamhost::text
