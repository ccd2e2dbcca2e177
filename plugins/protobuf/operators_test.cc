#include "operators.h"

#include <gtest/gtest.h>

#include "common/component_harness.h"
#include "test_codec.h"

namespace streamhost::protobuf {
namespace {

using plugin_common::ComponentHarness;
using plugin_common::TestRecord;
using Options = std::map<std::string, std::string>;

struct Step {
  Step(const std::string& component, Options options)
      : harness(component, with(std::move(options))) {}
  static Options with(Options options) {
    options.try_emplace("descriptor_set", kTestSet);
    options.try_emplace("max_size", "1000");
    return options;
  }
  // What comes of one value; or why it was rejected.
  std::string one(const std::string& value) {
    harness.out.clear();
    harness.rejected.clear();
    EXPECT_EQ(harness.error, "");
    EXPECT_EQ(harness.process({{"k", value, 5}}), SH_OK) << harness.message();
    EXPECT_EQ(harness.out.size() + harness.rejected.size(), 1u);
    return harness.out.empty() ? "rejected: " + harness.rejected[0]
                               : harness.out[0].value.value_or("");
  }
  ComponentHarness harness;
};

std::string error_of(const std::string& component, Options options) {
  const Step step(component, std::move(options));
  const std::string set = kTestSet;
  std::string text = step.harness.error;
  const size_t at = text.find(set);
  if (at != std::string::npos) text.replace(at, set.size(), "SET");
  return text;
}

TEST(Decode, ChangesTheValueAndNothingElse) {
  Step step("decode", {{"message", "test.Numbers"}});
  ASSERT_EQ(step.harness.process({{"k", hex("18 05"), 7, {{"h", "x"}}}, {std::nullopt, "", 8}}),
            SH_OK);
  ASSERT_EQ(step.harness.out.size(), 2u);
  EXPECT_EQ(step.harness.out[0], (TestRecord{"k", R"({"anInt32":5})", 7, {{"h", "x"}}}));
  EXPECT_EQ(step.harness.out[1], (TestRecord{std::nullopt, "{}", 8}));
  EXPECT_EQ(step.harness.hashes[0], 77u);
}

TEST(Decode, RecordsWithoutAValuePassAsTheyAre) {
  Step step("decode", {{"message", "test.Numbers"}, {"framing", "confluent"}});
  ASSERT_EQ(step.harness.process({{"k", std::nullopt, 7, {{"h", "x"}}}}), SH_OK);
  ASSERT_EQ(step.harness.out.size(), 1u);
  EXPECT_EQ(step.harness.out[0], (TestRecord{"k", std::nullopt, 7, {{"h", "x"}}}));
}

TEST(Decode, ABadRecordConcernsItselfAlone) {
  Step step("decode", {{"message", "test.Numbers"}});
  ASSERT_EQ(step.harness.process({{"1", hex("18 01")}, {"2", hex("18")}, {"3", hex("18 03")}}),
            SH_OK);
  ASSERT_EQ(step.harness.out.size(), 2u);
  EXPECT_EQ(step.harness.out[1], (TestRecord{"3", R"({"anInt32":3})"}));
  EXPECT_EQ(step.harness.rejected,
            std::vector<std::string>{"at byte 1: the varint of field 3 does not end"});
}

TEST(Decode, TheKeyCanBeMeant) {
  Step step("decode", {{"message", "test.Numbers"}, {"field", "key"}});
  ASSERT_EQ(step.harness.process({{hex("18 05"), "v", 7}, {std::nullopt, "v", 8}}), SH_OK);
  ASSERT_EQ(step.harness.out.size(), 2u);
  EXPECT_EQ(step.harness.out[0], (TestRecord{R"({"anInt32":5})", "v", 7}));
  EXPECT_EQ(step.harness.out[1], (TestRecord{std::nullopt, "v", 8}));
  EXPECT_EQ(step.harness.hashes[0], 0u);  // to be computed anew
}

TEST(Decode, OptionsSayHowJsonIsWritten) {
  Step step("decode", {{"message", "test.Numbers"},
                       {"names", "proto"},
                       {"enums", "number"},
                       {"int64", "number"},
                       {"unknown_fields", "fail"}});
  EXPECT_EQ(step.one(hex("20 05 70 02")), R"({"an_int64":5,"colour":2})");
  EXPECT_EQ(step.one(hex("a006 05")), "rejected: at byte 0: test.Numbers has no field 100");
  Step all("decode", {{"message", "test.Tree.Leaf"}, {"defaults", "true"}});
  EXPECT_EQ(all.one(""), R"({"size":0})");
}

TEST(Decode, TheFramingSaysWhichMessageItIs) {
  Step step("decode", {{"framing", "confluent"}});
  EXPECT_EQ(step.one(hex("00 00000001 00 18 05")), R"({"anInt32":5})");
  EXPECT_EQ(step.one(hex("00 00000002 06 06 00 00 08 05")), R"({"width":5})");
  EXPECT_EQ(step.one(hex("00 00000003 02 06 0a 01 'n'")), R"({"name":"n"})");
  EXPECT_EQ(
      step.one(hex("00 00000001 02 16 08 05")),
      "rejected: the framing asks for message [11] of three.proto, which has no such message");
  EXPECT_EQ(step.one(hex("18 05")),
            "rejected: the value has 2 bytes, too few for Confluent's framing");
  EXPECT_EQ(step.one(hex("00 00000001 00 18")),
            "rejected: at byte 7: the varint of field 3 does not end");
}

TEST(Decode, AFrameOfAnotherMessageIsRejected) {
  Step step("decode", {{"framing", "confluent"}, {"message", "test.Tree.Leaf"}});
  EXPECT_EQ(step.one(hex("00 00000001 04 06 00 08 05")), R"({"size":5})");
  EXPECT_EQ(step.one(hex("00 00000001 00 08 05")),
            "rejected: the framing asks for message [0] of its file, but test.Tree.Leaf is [3, 0]");
}

TEST(Decode, AResultThatIsTooLargeIsRejected) {
  Step step("decode", {{"message", "test.Numbers"}, {"max_size", "30"}});
  EXPECT_EQ(step.one(hex("7a 05 'abcde'")), R"({"text":"abcde"})");
  EXPECT_EQ(step.one(hex("7a 20 'abcdefghijklmnopqrstuvwxyz012345'")),
            "rejected: the result has 43 bytes, more than max_size, 30");
}

TEST(Decode, ManyRecordsComeInTheirOrder) {
  Step step("decode", {{"message", "test.Numbers"}});
  std::vector<TestRecord> records;
  for (int i = 1; i <= 20'000; ++i) {
    uint8_t bytes[10];
    const auto* const end = put_varint(bytes, static_cast<uint64_t>(i));
    records.push_back({"k", "\x18" + std::string(reinterpret_cast<char*>(bytes),
                                                 static_cast<size_t>(end - bytes))});
  }
  ASSERT_EQ(step.harness.process(records), SH_OK);
  ASSERT_EQ(step.harness.out.size(), 20'000u);
  for (size_t i = 0; i < 20'000; ++i) {
    ASSERT_EQ(step.harness.out[i].value, "{\"anInt32\":" + std::to_string(i + 1) + "}");
  }
}

TEST(Decode, MistakesAreFoundWhenTheStepIsMade) {
  EXPECT_EQ(error_of("decode", {}),
            "option \"message\" is missing: only framing = \"confluent\" says by itself which "
            "message it is");
  EXPECT_EQ(
      error_of("decode", {{"message", "test.Number"}}),
      "the descriptor set \"SET\" has no message \"test.Number\" (did you mean \"test.Numbers\"?)");
  EXPECT_EQ(error_of("decode", {{"message", "M"}, {"descriptor_set", "/nowhere/x"}}),
            "the descriptor set \"/nowhere/x\" cannot be read: No such file or directory");
}

TEST(Encode, ChangesTheValueAndNothingElse) {
  Step step("encode", {{"message", "test.Numbers"}});
  ASSERT_EQ(
      step.harness.process(
          {{"k", R"({"anInt32":5})", 7, {{"h", "x"}}}, {"k", "{}", 8}, {"t", std::nullopt, 9}}),
      SH_OK);
  ASSERT_EQ(step.harness.out.size(), 3u);
  EXPECT_EQ(step.harness.out[0], (TestRecord{"k", hex("18 05"), 7, {{"h", "x"}}}));
  EXPECT_EQ(step.harness.out[1], (TestRecord{"k", "", 8}));
  EXPECT_EQ(step.harness.out[2], (TestRecord{"t", std::nullopt, 9}));
}

TEST(Encode, WritesTheFrameOfItsMessage) {
  Step step("encode",
            {{"message", "test.Tree.Leaf"}, {"framing", "confluent"}, {"schema_id", "258"}});
  EXPECT_EQ(step.one(R"({"size":5})"), hex("00 00000102 04 06 00 08 05"));
  Step first("encode",
             {{"message", "test.Numbers"}, {"framing", "confluent"}, {"schema_id", "4294967295"}});
  EXPECT_EQ(first.one(R"({"anInt32":5})"), hex("00 ffffffff 00 18 05"));
}

TEST(Encode, ABadRecordConcernsItselfAlone) {
  Step step("encode", {{"message", "test.Numbers"}});
  EXPECT_EQ(step.one(R"({"x":5})"), "rejected: at byte 1: test.Numbers has no field \"x\"");
  EXPECT_EQ(step.one(R"({"anInt32":6})"), hex("18 06"));
  Step lax("encode", {{"message", "test.Numbers"}, {"unknown_fields", "ignore"}});
  EXPECT_EQ(lax.one(R"({"x":5,"anInt32":6})"), hex("18 06"));
}

TEST(Encode, SchemaIdAndFramingBelongTogether) {
  EXPECT_EQ(error_of("encode", {{"message", "test.Numbers"}, {"framing", "confluent"}}),
            "option \"schema_id\" is missing: framing = \"confluent\" needs it");
  EXPECT_EQ(error_of("encode", {{"message", "test.Numbers"}, {"schema_id", "5"}}),
            "option \"schema_id\" is for framing = \"confluent\" only");
}

}  // namespace
}  // namespace streamhost::protobuf
