#include "encoder.h"

#include <gtest/gtest.h>

#include "test_codec.h"

namespace streamhost::protobuf {
namespace {

// The JSON that comes back when `json` was made a message and that was decoded.
std::string round(const std::string& type, const std::string& json) {
  TestCodec codec("test." + type);
  const std::string text = codec.round(json);
  EXPECT_FALSE(codec.failed) << text;
  return text;
}

std::string complaint(const std::string& type, const std::string& json) {
  TestCodec codec("test." + type);
  const std::string text = codec.encode(json);
  EXPECT_TRUE(codec.failed) << text;
  return text;
}

std::string in_hex(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    text += "0123456789abcdef"[static_cast<uint8_t>(c) >> 4];
    text += "0123456789abcdef"[static_cast<uint8_t>(c) & 15];
  }
  return text;
}

TEST(Encoder, WritesTheBytesThatTheFormatAsksFor) {
  TestCodec codec("test.Numbers");
  EXPECT_EQ(in_hex(codec.encode(R"({"anInt32":-1,"a_sint32":-2,"text":"ab","aFixed32":1})")),
            "18ffffffffffffffffff01"
            "3803"
            "7a026162"
            "4d01000000");
  TestCodec many("test.Many");
  EXPECT_EQ(in_hex(many.encode(R"({"int32s":[1,300],"plain":[1,2],"texts":["a",""]})")),
            "1a0301ac02"
            "900101900102"
            "7a01617a00");
  TestCodec old("test.two.Old");
  EXPECT_EQ(in_hex(old.encode(R"({"id":1,"pair":{"a":5},"loose":[1,2],"sizes":["SMALL",5]})")),
            "0801"
            "33080534"
            "28012802"
            "22020305");
}

TEST(Encoder, TakesBothSpellingsOfNames) {
  EXPECT_EQ(round("Numbers", R"({"an_int32":1,"aBool":true})"), R"({"anInt32":1,"aBool":true})");
  EXPECT_EQ(round("Tree", R"({"@other":"x"})"), R"({"@other":"x"})");
  EXPECT_EQ(round("Tree", R"({"other_name":"x"})"), R"({"@other":"x"})");
  EXPECT_EQ(round("Tree", "{\"n\\u0061me\":\"x\"}"), R"({"name":"x"})");
}

TEST(Encoder, NumbersMayBeStringsAndIntegersMayHaveExponents) {
  EXPECT_EQ(round("Numbers", R"({"anInt32":"-5","anInt64":1e3,"aUint32":5.0,"aDouble":"1.5e2"})"),
            R"({"aDouble":150,"anInt32":-5,"anInt64":"1000","aUint32":5})");
  EXPECT_EQ(round("Numbers", R"({"anInt64":"9223372036854775807","aUint64":18446744073709551615})"),
            R"({"anInt64":"9223372036854775807","aUint64":"18446744073709551615"})");
  EXPECT_EQ(
      round("Many", R"({"doubles":["NaN","Infinity","-Infinity",1e-400,18446744073709551616]})"),
      R"({"doubles":["NaN","Infinity","-Infinity",0,18446744073709551616]})");
}

TEST(Encoder, RefusesNumbersThatDoNotFit) {
  EXPECT_EQ(complaint("Numbers", R"({"anInt32":2147483648})"),
            "in field an_int32, at byte 11: 2147483648 is out of range");
  EXPECT_EQ(complaint("Numbers", R"({"anInt32":1.5})"),
            "in field an_int32, at byte 11: 1.5 is no integer");
  EXPECT_EQ(complaint("Numbers", R"({"aUint64":-1})"),
            "in field a_uint64, at byte 11: -1 is out of range");
  EXPECT_EQ(complaint("Numbers", R"({"anInt64":9223372036854775808})"),
            "in field an_int64, at byte 11: 9223372036854775808 is out of range");
  EXPECT_EQ(complaint("Numbers", R"({"anInt64":9.3e18})"),
            "in field an_int64, at byte 11: 9.3e18 is out of range");
  EXPECT_EQ(complaint("Numbers", R"({"anInt32":"five"})"),
            "in field an_int32, at byte 11: \"five\" is no number");
  EXPECT_EQ(complaint("Numbers", R"({"anInt32":""})"),
            "in field an_int32, at byte 11: \"\" is no number");
  EXPECT_EQ(complaint("Numbers", R"({"aFloat":1e39})"),
            "in field a_float, at byte 10: 1e39 is out of range");
  EXPECT_EQ(complaint("Numbers", R"({"aDouble":"inf"})"),
            "in field a_double, at byte 11: \"inf\" is no number");
  EXPECT_EQ(complaint("Numbers", R"({"aBool":1})"),
            "in field a_bool, at byte 9: expected true or false, found 1");
}

TEST(Encoder, ReadsEnumsByNameOrNumber) {
  EXPECT_EQ(round("Many", R"({"colours":["RED",2,-7,"CRIMSON",77]})"),
            R"({"colours":["RED","GREEN","CRIMSON","CRIMSON",77]})");
  EXPECT_EQ(complaint("Numbers", R"({"colour":"BLUE"})"),
            "in field colour, at byte 10: test.Colour has no value \"BLUE\"");
  EXPECT_EQ(round("two.Old", R"({"id":1,"size":"HUGE"})"), R"({"id":1,"size":"LARGE"})");
  EXPECT_EQ(complaint("two.Old", R"({"id":1,"size":4})"),
            "in field size, at byte 15: test.two.Size has no value 4");
}

TEST(Encoder, ReadsBase64OfEitherAlphabet) {
  EXPECT_EQ(round("Many", R"({"datas":["/w==","_w","//79","--79",""]})"),
            R"({"datas":["/w==","/w==","//79","++79",""]})");
  EXPECT_EQ(complaint("Numbers", R"({"data":"a"})"),
            "in field data, at byte 8: the base64 text is cut off");
  EXPECT_EQ(complaint("Numbers", R"({"data":"a*bc"})"),
            "in field data, at byte 8: the string is not base64");
}

TEST(Encoder, ReadsEscapesOfJson) {
  EXPECT_EQ(round("Numbers", R"({"text":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é"})"),
            "{\"text\":\"\\\"\\\\/\\b\\f\\n\\r\\t\xc3\xa9\xf0\x9f\x98\x80\xc3\xa9\"}");
  EXPECT_EQ(complaint("Numbers", R"({"text":"\ud83d"})"),
            "in field text, at byte 9: a surrogate stands alone");
  EXPECT_EQ(complaint("Numbers", R"({"text":"\x"})"),
            "in field text, at byte 9: JSON has no such escape");
  EXPECT_EQ(complaint("Numbers", "{\"text\":\"\xff\"}"),
            "in field text, at byte 9: the text is not UTF-8");
  EXPECT_EQ(complaint("Numbers", "{\"text\":\"a\nb\"}"),
            "in field text, at byte 10: a control character stands in a string");
}

TEST(Encoder, LeavesOutWhatCannotBeToldFromUnset) {
  TestCodec numbers("test.Numbers");
  EXPECT_EQ(numbers.encode(
                R"({"anInt32":0,"text":"","aBool":false,"colour":"NONE","data":"","aDouble":0})"),
            "");
  EXPECT_EQ(in_hex(numbers.encode(R"({"aDouble":-0.0})")), "090000000000000080");
  EXPECT_EQ(round("Tree", R"({"maybe":0,"perhaps":"","number":0})"),
            R"({"number":0,"maybe":0,"perhaps":""})");
  EXPECT_EQ(round("Many", R"({"int32s":[0,0],"texts":[""]})"), R"({"int32s":[0,0],"texts":[""]})");
}

TEST(Encoder, NullIsTheLackOfAField) {
  EXPECT_EQ(round("Tree", R"({"name":null,"left":null,"number":null,"text":"x","many":null})"),
            R"({"text":"x"})");
  EXPECT_EQ(complaint("Many", R"({"int32s":[1,null]})"),
            "in field int32s[1], at byte 13: null is no element");
  EXPECT_EQ(complaint("Maps", R"({"texts":{"a":null}})"),
            "in field texts[0], at byte 14: null is no value of a map");
  EXPECT_EQ(complaint("Tree", " null"), "at byte 1: null is no test.Tree");
}

TEST(Encoder, RefusesFieldsThatAreGivenTwice) {
  EXPECT_EQ(complaint("Tree", R"({"name":"a","name":"b"})"),
            "in field name, at byte 12: the field is given twice");
  EXPECT_EQ(complaint("Tree", R"({"number":1,"text":"b"})"),
            "in field text, at byte 12: another field of the same oneof is given, too");
}

TEST(Encoder, NamesThatNobodyKnowsAreRefusedUnlessIgnored) {
  EXPECT_EQ(complaint("Tree", R"({"left":{"nme":1}})"),
            "in field left, at byte 9: test.Tree has no field \"nme\"");
  TestCodec codec("test.Tree", {}, false, true);
  EXPECT_EQ(codec.round(R"({"x":[1,{"a":null,"b":[true,false,"\u0041"]}],"name":"n"})"),
            R"({"name":"n"})");
  EXPECT_EQ(codec.encode(R"({"x":[1,}})"), "at byte 8: expected a value, found }");
}

TEST(Encoder, ReadsMapsByAnyKey) {
  const std::string maps =
      R"({"texts":{"a":"1","":"2"},"numbers":{"-3":{"anInt32":1}},"colours":{"true":"RED","false":"NONE"},)"
      R"("doubles":{"18446744073709551615":0.5},"datas":{"-1":"AAE="},"bools":{"7":false}})";
  EXPECT_EQ(round("Maps", maps), maps);
  EXPECT_EQ(complaint("Maps", R"({"colours":{"yes":"RED"}})"),
            "in field colours[0], at byte 12: the key is neither true nor false");
  EXPECT_EQ(complaint("Maps", R"({"numbers":{"x":{}}})"),
            "in field numbers[0], at byte 12: \"x\" is no number");
}

TEST(Encoder, LongPartsGetLongLengths) {
  std::string json = R"({"name":"n"})";
  for (int i = 0; i < 60; ++i)
    json = R"({"left":)" + json + R"(,"perhaps":")" + std::string(40, 'p') + "\"}";
  EXPECT_EQ(round("Tree", json), json);
}

TEST(Encoder, MissesRequiredFields) {
  EXPECT_EQ(complaint("two.Old", R"({"name":"x"})"),
            "at byte 12: test.two.Old lacks required fields: id");
  EXPECT_EQ(complaint("two.Old", R"({"id":null})"),
            "at byte 11: test.two.Old lacks required fields: id");
  EXPECT_EQ(complaint("two.Old", R"({"id":1,"row":[{"old":{}}]})"),
            "in field row[0].old, at byte 24: test.two.Old lacks required fields: id");
}

TEST(Encoder, ReadsExtensions) {
  const std::string json = R"({"id":1,"[test.two.extra]":7,"[test.two.more]":["a","b"]})";
  EXPECT_EQ(round("two.Old", json), json);
}

TEST(Encoder, ReadsWellKnownTypes) {
  for (
      const char* json :
      {R"({"time":"2024-05-01T10:00:00.250Z","duration":"-1.000000001s","mask":"fooBar,a.bC"})",
       R"({"object":{"a":1.5,"b":[null,true,"x",{"c":{}}]},"value":null,"list":[1,[2,[3]]]})",
       R"({"value":{"a":[]},"nothing":null})", R"({"value":"x"})", R"({"value":[]})",
       R"({"value":0})", R"({"none":null})", R"({"some":""})",
       R"({"aBool":false,"anInt32":5,"anInt64":"6","aUint32":7,"aUint64":"8","aFloat":0.5,)"
       R"("aDouble":"NaN","aString":"","aBytes":"AAE="})",
       R"({"times":["1970-01-01T00:00:00Z","0001-01-01T00:00:00Z","9999-12-31T23:59:59.999999999Z"]})",
       R"({"values":[null,1,"a",true,[],{}],"durations":{"x":"0s","y":"3.500s"}})", R"({"any":{}})",
       R"({"any":{"@type":"type.googleapis.com/test.Numbers","anInt32":5}})",
       R"({"any":{"@type":"x/google.protobuf.Int64Value","value":"5"}})",
       R"({"any":{"@type":"x/google.protobuf.Any","value":{"@type":"y/test.Tree","name":"n"}}})",
       R"({"any":{"@type":"x/google.protobuf.Struct","value":{"a":1}}})"}) {
    std::string back = round("Known", json);
    if (std::string(json).find("nothing") != std::string::npos)
      back = R"({"value":{"a":[]},"nothing":null})";
    EXPECT_EQ(back, json);
  }
}

TEST(Encoder, TheTypeOfAnAnyMayStandAnywhere) {
  EXPECT_EQ(round("Known", R"({"any":{"anInt32":5,"@type":"x/test.Numbers","aBool":true}})"),
            R"({"any":{"@type":"x/test.Numbers","anInt32":5,"aBool":true}})");
  EXPECT_EQ(round("Known", R"({"any":{"value":"5s","@type":"x/google.protobuf.Duration"}})"),
            R"({"any":{"@type":"x/google.protobuf.Duration","value":"5s"}})");
  EXPECT_EQ(complaint("Known", R"({"any":{"anInt32":5}})"),
            "in field any, at byte 8: an Any needs \"@type\"");
  EXPECT_EQ(complaint("Known", R"({"any":{"@type":"x/test.No"}})"),
            "in field any, at byte 8: the descriptor set has no message for \"@type\": "
            "\"x/test.No\", which "
            "is to be like \"type.googleapis.com/full.Name\"");
  EXPECT_EQ(complaint("Known", R"({"any":{"@type":"x/google.protobuf.Duration"}})"),
            "in field any, at byte 8: an Any of google.protobuf.Duration needs \"value\"");
  EXPECT_EQ(complaint("Known", R"({"any":{"@type":"x/google.protobuf.Duration","v":1}})"),
            "in field any, at byte 45: an Any of google.protobuf.Duration has \"@type\" and "
            "\"value\", each "
            "once");
}

TEST(Encoder, RefusesTimesThatAreNone) {
  EXPECT_EQ(complaint("Known", R"({"time":"noon"})"),
            "in field time, at byte 8: \"noon\" is no time like \"2024-05-01T10:00:00.5Z\"");
  EXPECT_EQ(complaint("Known", R"({"time":5})"),
            "in field time, at byte 8: expected a time, found 5");
  EXPECT_EQ(complaint("Known", R"({"duration":"5"})"),
            "in field duration, at byte 12: \"5\" is no duration like \"1.5s\"");
}

TEST(Encoder, SaysWhatIsNoJson) {
  EXPECT_EQ(complaint("Tree", ""), "at byte 0: expected {, found the end of the text");
  EXPECT_EQ(complaint("Tree", "{"),
            "at byte 1: expected the name of a field, found the end of the text");
  EXPECT_EQ(complaint("Tree", "[]"), "at byte 0: expected {, found [");
  EXPECT_EQ(complaint("Tree", "{\"name\" \"x\"}"), "at byte 8: expected :, found \"x\"");
  EXPECT_EQ(complaint("Tree", "{\"name\":\"x\"} {}"),
            "at byte 13: more stands behind the value: {");
  EXPECT_EQ(complaint("Tree", "{\"name\":\"x\",}"),
            "at byte 12: expected the name of a field, found }");
  EXPECT_EQ(complaint("Tree", "{\"name\":\"x"), "in field name, at byte 8: a string does not end");
  EXPECT_EQ(complaint("Tree", "{\"number\":01}"),
            "in field number, at byte 10: 01 is no number of JSON");
  EXPECT_EQ(complaint("Tree", "{\"number\":1.}"),
            "in field number, at byte 10: 1. is no number of JSON");
  EXPECT_EQ(complaint("Numbers", "{\"aBool\":truth}"),
            "in field a_bool, at byte 9: expected true, found truth");
  EXPECT_EQ(complaint("Tree", std::string("\0", 1)), "at byte 0: expected {, found byte 0");
}

TEST(Encoder, GoesOneHundredMessagesDeepAndNoFurther) {
  const auto nested = [](int depth) {
    std::string json;
    for (int i = 0; i < depth; ++i) json += R"({"left":)";
    return json + "{}" + std::string(static_cast<size_t>(depth), '}');
  };
  TestCodec codec("test.Tree");
  codec.encode(nested(99));
  EXPECT_FALSE(codec.failed);
  EXPECT_NE(codec.encode(nested(100)).find("more than 100 messages within each other"),
            std::string::npos);
  EXPECT_NE(codec.encode(nested(100'000)).find("more than 100 messages"), std::string::npos);
  EXPECT_EQ(codec.encode(nested(1)), hex("12 00"));
  TestCodec lax("test.Tree", {}, false, true);
  EXPECT_NE(lax.encode(R"({"x":)" + std::string(100'000, '[')).find("more than 100 levels deep"),
            std::string::npos);
  TestCodec known("test.Known");
  EXPECT_NE(known.encode(R"({"value":)" + std::string(100'000, '[')).find("more than 100 messages"),
            std::string::npos);
}

}  // namespace
}  // namespace streamhost::protobuf
