#include "decoder.h"

#include <gtest/gtest.h>

#include "test_codec.h"

namespace streamhost::protobuf {
namespace {

std::string decoded(const std::string& type, const std::string& bytes, DecodeOptions options = {}) {
  TestCodec codec("test." + type, options);
  const std::string text = codec.decode(hex(bytes));
  EXPECT_FALSE(codec.failed) << text;
  return text;
}

std::string complaint(const std::string& type, const std::string& bytes,
                      DecodeOptions options = {}) {
  TestCodec codec("test." + type, options);
  const std::string text = codec.decode(hex(bytes));
  EXPECT_TRUE(codec.failed) << text;
  return text;
}

TEST(Decoder, PrintsEveryKindOfNumber) {
  EXPECT_EQ(decoded("Numbers", "09 000000000000f83f 15 0000803e 18 ffffffffffffffffff01 20 01"),
            R"({"aDouble":1.5,"aFloat":0.25,"anInt32":-1,"anInt64":"1"})");
  EXPECT_EQ(
      decoded("Numbers", "28 ffffffff0f 30 ffffffffffffffffff01 38 03 40 04"),
      R"({"aUint32":4294967295,"aUint64":"18446744073709551615","aSint32":-2,"aSint64":"2"})");
  EXPECT_EQ(
      decoded("Numbers", "4d ffffffff 51 ffffffffffffffff 5d ffffffff 61 ffffffffffffffff 68 01"),
      R"({"aFixed32":4294967295,"aFixed64":"18446744073709551615","aSfixed32":-1,)"
      R"("aSfixed64":"-1","aBool":true})");
}

TEST(Decoder, FloatsHaveTheShortestText) {
  EXPECT_EQ(
      decoded("Many",
              "0a 18 9a9999999999b93f 000000000000f07f 000000000000f8ff 12 08 cdcccc3d 000080ff"),
      R"({"doubles":[0.1,"Infinity","NaN"],"floats":[0.1,"-Infinity"]})");
  EXPECT_EQ(decoded("Numbers", "09 0000000000000080"), R"({"aDouble":-0})");
}

TEST(Decoder, PrintsEnumsByNameOrNumber) {
  EXPECT_EQ(decoded("Numbers", "70 02"), R"({"colour":"GREEN"})");
  EXPECT_EQ(decoded("Numbers", "70 f9ffffffffffffffff01"), R"({"colour":"CRIMSON"})");
  EXPECT_EQ(decoded("Numbers", "70 09"), R"({"colour":9})");
  EXPECT_EQ(decoded("Numbers", "70 02", {.enum_numbers = true}), R"({"colour":2})");
  EXPECT_EQ(decoded("Many", "72 03 00 01 02"), R"({"colours":["NONE","RED","GREEN"]})");
}

TEST(Decoder, EscapesStringsAndPrintsBytesAsBase64) {
  EXPECT_EQ(decoded("Numbers", "7a 09 'a' 22 5c 0a 01 7f c3a9 '/'"),
            "{\"text\":\"a\\\"\\\\\\n\\u0001\x7f\xc3\xa9/\"}");
  EXPECT_EQ(decoded("Many", "8201 01 ff 8201 02 fffe 8201 03 fffefd 8201 00"),
            R"({"datas":["/w==","//4=","//79",""]})");
}

TEST(Decoder, LongTextsWithEscapesComeOutWhole) {
  std::string text, escaped;
  for (int i = 0; i < 3000; ++i) {
    text += "abcdefg\xc3\xa9\"";
    escaped += "abcdefg\xc3\xa9\\\"";
  }
  TestCodec codec("test.Numbers");
  std::string wire = "\x7a";
  uint8_t size[10];
  wire.append(reinterpret_cast<char*>(size),
              static_cast<size_t>(put_varint(size, text.size()) - size));
  EXPECT_EQ(codec.decode(wire + text), "{\"text\":\"" + escaped + "\"}");
}

TEST(Decoder, LeavesOutDefaultsUnlessAsked) {
  EXPECT_EQ(decoded("Numbers", "18 00 7a 00"), "{}");
  EXPECT_EQ(decoded("Tree", ""), "{}");
  EXPECT_EQ(decoded("Tree", "40 00 4a 00"), R"({"maybe":0,"perhaps":""})");
  EXPECT_EQ(decoded("Tree", "20 00"), R"({"number":0})");
  EXPECT_EQ(decoded("Tree", "", {.defaults = true}), R"({"name":"","@other":""})");
  EXPECT_EQ(
      decoded("Maps", "", {.defaults = true}),
      R"({"texts":{},"numbers":{},"colours":{},"doubles":{},"datas":{},"bools":{},"maps":{}})");
  EXPECT_EQ(
      decoded("Numbers", "", {.defaults = true}),
      R"({"aDouble":0,"aFloat":0,"anInt32":0,"anInt64":"0","aUint32":0,"aUint64":"0",)"
      R"("aSint32":0,"aSint64":"0","aFixed32":0,"aFixed64":"0","aSfixed32":0,"aSfixed64":"0",)"
      R"("aBool":false,"colour":"NONE","text":"","data":""})");
}

TEST(Decoder, NamesAndWideIntegersCanBeAsOneLikes) {
  TestCodec codec("test.Numbers", {.integers_as_numbers = true}, true);
  EXPECT_EQ(codec.decode(hex("20 05 30 07")), R"({"an_int64":5,"a_uint64":7})");
  TestCodec maps("test.Maps", {.integers_as_numbers = true});
  EXPECT_EQ(maps.decode(hex("22 0b 08 05 11 000000000000f03f")), R"({"doubles":{"5":1}})");
}

TEST(Decoder, OfASingleFieldTheLastCounts) {
  EXPECT_EQ(decoded("Numbers", "18 01 18 02"), R"({"anInt32":2})");
  EXPECT_EQ(decoded("Numbers", "18 01 18 00"), "{}");
}

TEST(Decoder, SingleMessagesAreMerged) {
  EXPECT_EQ(decoded("Tree", "12 03 0a 01 'a' 12 04 4a 02 'bc' 12 03 0a 01 'd'"),
            R"({"left":{"name":"d","perhaps":"bc"}})");
}

TEST(Decoder, OfAOneofTheLastCountsAndWhatWasThereBeforeIsForgotten) {
  EXPECT_EQ(decoded("Tree", "20 01 2a 01 'x'"), R"({"text":"x"})");
  // all { an_int32 }, then number, then all { a_uint32 }: the first is not merged.
  EXPECT_EQ(decoded("Tree", "32 02 18 01 20 05 32 02 28 02"), R"({"all":{"aUint32":2}})");
  EXPECT_EQ(decoded("Tree", "32 02 18 01 32 02 28 02"), R"({"all":{"anInt32":1,"aUint32":2}})");
}

TEST(Decoder, WhatIsReplacedMustBeGoodAllTheSame) {
  EXPECT_EQ(complaint("Numbers", "7a 01 ff 7a 00"),
            "at byte 2, in field text: the string is not UTF-8");
  EXPECT_EQ(complaint("Tree", "32 01 18 20 05"),
            "at byte 3, in field all: the varint of field 3 does not end");
  EXPECT_EQ(complaint("Maps", "12 05 12 03 7a 01 ff 12 00"),
            "at byte 6, in field numbers[0].text: the string is not UTF-8");
}

TEST(Decoder, ElementsMayBePackedOrNotAndApart) {
  EXPECT_EQ(decoded("Many", "18 01 1a 02 02 03 28 09 18 04"),
            R"({"int32s":[1,2,3,4],"uint32s":[9]})");
  EXPECT_EQ(decoded("Many", "9201 02 05 06 900107"), R"({"plain":[5,6,7]})");
  EXPECT_EQ(decoded("Many", "1a 00"), "{}");
  EXPECT_EQ(decoded("Many", "8a01 00 8a01 02 18 01"), R"({"numbers":[{},{"anInt32":1}]})");
}

TEST(Decoder, OfMapEntriesWithOneKeyTheLastCounts) {
  EXPECT_EQ(
      decoded("Maps",
              "0a 06 0a 01 'a' 12 01 '1' 0a 06 0a 01 'b' 12 01 '2' 0a 06 0a 01 'a' 12 01 '3'"),
      R"({"texts":{"b":"2","a":"3"}})");
  EXPECT_EQ(decoded("Maps", "1a 04 08 01 10 01 1a 04 08 02 10 02"),
            R"({"colours":{"true":"GREEN"}})");
  EXPECT_EQ(decoded("Maps", "12 00 12 06 12 02 18 01 08 02"),
            R"({"numbers":{"0":{},"2":{"anInt32":1}}})");
  EXPECT_EQ(decoded("Maps", "2a 06 08 01 12 02 ffff 32 07 0d 05000000 10 01"),
            R"({"datas":{"-1":"//8="},"bools":{"5":true}})");
  EXPECT_EQ(decoded("Maps", "3a 0a 0a 01 'k' 12 05 3a 03 0a 01 'l'"),
            R"({"maps":{"k":{"maps":{"l":{}}}}})");
}

TEST(Decoder, UnknownFieldsAreIgnoredUnlessAsked) {
  const std::string unknown =
      "a006 05 a106 0000000000000000 a206 01 00 a306 08 01 a406 a506 00000000";
  EXPECT_EQ(decoded("Numbers", unknown + "18 01"), R"({"anInt32":1})");
  EXPECT_EQ(decoded("Numbers", "1d 00000000"), "{}");  // the wire type is another
  EXPECT_EQ(complaint("Numbers", "18 01 a006 05", {.fail_on_unknown = true}),
            "at byte 2: test.Numbers has no field 100");
  EXPECT_EQ(complaint("Tree", "12 05 1d 00000000", {.fail_on_unknown = true}),
            "at byte 2, in field left: test.Tree has no field 3 of this wire type or value");
}

TEST(Decoder, ReadsWhatOnlyProto2Has) {
  EXPECT_EQ(decoded("two.Old", "08 01 18 03 22 03 03 04 05"),
            R"({"id":1,"size":"SMALL","sizes":["SMALL","LARGE"]})");
  EXPECT_EQ(decoded("two.Old", "08 00 18 04"), R"({"id":0})");  // a closed enum has no 4
  EXPECT_EQ(decoded("two.Old", "08 01 33 08 05 12 01 'x' 34 3b 08 01 3c 3b 3c"),
            R"({"id":1,"pair":{"a":5,"b":"x"},"row":[{"cell":1},{}]})");
  EXPECT_EQ(decoded("two.Old", "08 01 a006 07 aa06 01 'm'"),
            R"({"id":1,"[test.two.extra]":7,"[test.two.more]":["m"]})");
  EXPECT_EQ(decoded("two.Old", "08 01 52 02 08 09"), R"({"id":1,"byId":{"9":"PLAIN"}})");
}

TEST(Decoder, MissesRequiredFields) {
  EXPECT_EQ(complaint("two.Old", ""), "at byte 0: test.two.Old lacks required fields: id");
  EXPECT_EQ(complaint("two.Old", "08 01 42 02 12 00"),
            "at byte 4, in field inner: test.two.Old lacks required fields: id");
}

TEST(Decoder, PrintsWellKnownTypesAsTheirOwnJson) {
  EXPECT_EQ(decoded("Known", "12 0b 08 a0a5c8b106 10 80e59a77"),
            R"({"time":"2024-05-01T10:00:00.250Z"})");
  EXPECT_EQ(decoded("Known", "12 00 1a 0b 10 809be588ffffffffff01"),
            R"({"time":"1970-01-01T00:00:00Z","duration":"-0.250s"})");
  EXPECT_EQ(decoded("Known", "22 0d 0a 07 'foo_bar' 0a 02 'ab'"), R"({"mask":"fooBar,ab"})");
  EXPECT_EQ(decoded("Known", "2a 0b 0a 09 0a 01 'a' 12 04 1a 02 'xy'"), R"({"object":{"a":"xy"}})");
  EXPECT_EQ(decoded("Known", "32 02 20 01 3a 0a 0a 02 08 00 0a 04 1a 02 'xy' 40 00"),
            R"({"value":true,"list":[null,"xy"]})");
  EXPECT_EQ(decoded("Known", "4a 00 52 02 08 05 5a 02 08 06 8201 00"),
            R"({"aBool":false,"anInt32":5,"anInt64":"6","aString":""})");
  EXPECT_EQ(decoded("Known", "a801 00"), R"({"none":null})");
}

TEST(Decoder, PrintsWhatAnyHolds) {
  EXPECT_EQ(decoded("Known", "0a 18 0a 12 'x.com/test.Numbers' 12 02 1805"),
            R"({"any":{"@type":"x.com/test.Numbers","anInt32":5}})");
  EXPECT_EQ(decoded("Known", "0a 14 0a 12 'x.com/test.Numbers' "),
            R"({"any":{"@type":"x.com/test.Numbers"}})");
  EXPECT_EQ(decoded("Known", "0a 21 0a 1b '/google.protobuf.Int64Value' 12 02 0807"),
            R"({"any":{"@type":"/google.protobuf.Int64Value","value":"7"}})");
  EXPECT_EQ(decoded("Known", "0a 00"), R"({"any":{}})");
  EXPECT_EQ(
      complaint("Known", "0a 0f 0a 09 'x/test.No' 12 02 0807"),
      "at byte 2, in field any: the descriptor set has no message \"test.No\" for what Any holds");
}

TEST(Decoder, RefusesWellKnownTypesThatHaveNoText) {
  EXPECT_EQ(complaint("Known", "12 06 10 8094ebdc03"),
            "at byte 2, in field time: this Timestamp is no time of the years 1 to 9999");
  EXPECT_EQ(complaint("Known", "1a 0d 0801 10 ffffffffffffffffff01"),
            "at byte 2, in field duration: this Duration is longer than 10,000 years, or its signs "
            "differ");
  EXPECT_EQ(
      complaint("Known", "22 04 0a 02 'aB'"),
      "at byte 4, in field mask: the path of this FieldMask cannot be put into lowerCamelCase");
  EXPECT_EQ(complaint("Known", "32 09 11 000000000000f07f"),
            "at byte 2, in field value: a Value cannot be NaN or infinite");
}

TEST(Decoder, SaysWhereBytesAreMissing) {
  EXPECT_EQ(complaint("Numbers", "18"), "at byte 1: the varint of field 3 does not end");
  EXPECT_EQ(complaint("Numbers", "18 ff"), "at byte 1: the varint of field 3 does not end");
  EXPECT_EQ(complaint("Numbers", "18 01 ff"), "at byte 2: a field tag does not end");
  EXPECT_EQ(complaint("Numbers", "09 0000"),
            "at byte 1: field 1 needs 8 bytes, but there are only 2");
  EXPECT_EQ(complaint("Numbers", "7a 05 'abc'"),
            "at byte 1: field 15 needs 5 bytes, but there are only 3");
  EXPECT_EQ(complaint("Many", "8a01 02 18 01 8a01 01 18"),
            "at byte 9, in field numbers[1]: the varint of field 3 does not end");
  EXPECT_EQ(complaint("Many", "1a 02 01 80"),
            "at byte 3, in field int32s[0]: a varint of the packed numbers does not end");
  EXPECT_EQ(complaint("Many", "0a 03 010203"),
            "at byte 2, in field doubles: the last of the packed numbers is cut off");
}

TEST(Decoder, RefusesWhatIsNoMessage) {
  EXPECT_EQ(complaint("Numbers", "00"), "at byte 0: there is no field tag");
  EXPECT_EQ(complaint("Numbers", "0e"), "at byte 1: wire type 6 does not exist");
  EXPECT_EQ(complaint("Numbers", "0c"), "at byte 1: a group ends that has not begun");
  EXPECT_EQ(complaint("Numbers", "ffffffffff7f"), "at byte 0: there is no field tag");
  EXPECT_EQ(complaint("Numbers", "ffffffffffffffffffffff01"),
            "at byte 0: a field tag does not end");
  EXPECT_EQ(complaint("two.Old", "08 01 33 08 01"), "at byte 3: group 6 does not end");
  EXPECT_EQ(complaint("two.Old", "08 01 33 3c"), "at byte 3: group 7 ends within group 6");
  EXPECT_EQ(complaint("Numbers", "7a ffffffffffffffffff01"),
            "at byte 1: field 15 needs 18446744073709551615 bytes, but there are only 0");
}

TEST(Decoder, RefusesTextThatIsNotUtf8) {
  EXPECT_EQ(complaint("Numbers", "7a 02 61 ff"),
            "at byte 2, in field text: the string is not UTF-8");
  EXPECT_EQ(complaint("Maps", "0a 03 0a 01 c3"),
            "at byte 2, in field texts[0]: the key is not UTF-8");
}

// Tree { left { left { … } } }
std::string nested(size_t depth) {
  std::string wire;
  for (size_t i = 0; i < depth; ++i) {
    uint8_t size[10];
    const auto* const end = put_varint(size, wire.size());
    wire =
        "\x12" + std::string(reinterpret_cast<char*>(size), static_cast<size_t>(end - size)) + wire;
  }
  return wire;
}

TEST(Decoder, GoesOneHundredMessagesDeepAndNoFurther) {
  TestCodec codec("test.Tree");
  EXPECT_EQ(codec.decode(nested(99)).substr(0, 16), R"({"left":{"left":)");
  EXPECT_FALSE(codec.failed);
  const std::string text = codec.decode(nested(100));
  EXPECT_TRUE(codec.failed);
  EXPECT_NE(text.find("more than 100 messages within each other"), std::string::npos) << text;
  // Afterwards all is as before.
  EXPECT_EQ(codec.decode(nested(1)), R"({"left":{}})");
}

TEST(Decoder, GroupsThatNobodyKnowsEndAtTheSameDepth) {
  TestCodec codec("test.Tree");
  const std::string open(10'000, '\x7b'), close(10'000, '\x7c');
  EXPECT_EQ(codec.decode(open + close), "at byte 101: more than 100 groups deep");
  EXPECT_EQ(codec.decode(open.substr(0, 90) + close.substr(0, 90)), "{}");
}

TEST(Decoder, AResultThatGrowsBeyondTheLimitIsRefused) {
  TestCodec codec("test.Many", {.defaults = true}, false, false, 100'000);
  std::string wire;
  for (int i = 0; i < 10'000; ++i) wire += hex("8a01 00");
  EXPECT_EQ(codec.decode(wire).substr(0, 34), "the result is larger than max_size");
}

}  // namespace
}  // namespace streamhost::protobuf
