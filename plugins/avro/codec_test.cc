// What the vectors of other implementations do not show: plain JSON, logical types, hostile bytes.
#include "test_support.h"

namespace streamhost::avro {
namespace {

constexpr std::string_view kUser = R"({"type":"record","name":"User","fields":[
    {"name":"id","type":"long"},{"name":"name","type":"string"},
    {"name":"tags","type":{"type":"array","items":"string"},"default":[]},
    {"name":"mail","type":["null","string"],"default":null}]})";

const Form kPlain = form_of(JsonForm::kPlain), kAvro = form_of(JsonForm::kAvro);
const Form kLogical = form_of(JsonForm::kPlain, true);
const Form kBase64 = form_of(JsonForm::kPlain, false, true);

std::string round_trip(std::string_view schema, std::string_view json, Form form = {}) {
  const std::string binary = encoded(schema, json, form);
  if (binary.starts_with("error")) return binary;
  return decoded(schema, unhex(binary), form);
}

TEST(PlainJson, UnionsAreTheirBareValues) {
  EXPECT_EQ(decoded(kUser, unhex("0e06416e6e020261000206614062")),
            R"({"id":7,"name":"Ann","tags":["a"],"mail":"a@b"})");
  EXPECT_EQ(decoded(kUser, unhex("0e06416e6e0000")),
            R"({"id":7,"name":"Ann","tags":[],"mail":null})");
}

TEST(PlainJson, FieldsMayComeInAnyOrderOrBeLeftOutWhenTheyHaveADefault) {
  const std::string all = encoded(kUser, R"({"id":7,"name":"Ann","tags":["a"],"mail":"a@b"})");
  EXPECT_EQ(all, "0e06416e6e020261000206614062");
  EXPECT_EQ(encoded(kUser, R"( { "mail" : "a@b", "tags" : [ "a" ], "name" : "Ann", "id" : 7 } )"),
            all);
  EXPECT_EQ(encoded(kUser, R"({"tags":["a"],"id":7,"name":"Ann","mail":"a@b"})"), all);
  EXPECT_EQ(encoded(kUser, R"({"name":"Ann","id":7})"), "0e06416e6e0000");
}

TEST(PlainJson, WhatDoesNotFitIsSaidWithItsPlace) {
  EXPECT_EQ(encoded(kUser, R"({"id":7})"),
            "error: the field \"name\" of User is missing, and has no default, at byte 8");
  EXPECT_EQ(encoded(kUser, R"({"id":7,"name":5})"),
            "error: a number is there where a string should be, at byte 15 in name");
  EXPECT_EQ(encoded(kUser, R"({"id":7,"name":"x","tags":["a",null]})"),
            "error: null is there where a string should be, at byte 31 in tags[1]");
  EXPECT_EQ(encoded(kUser, R"({"id":1.5,"name":"x"})"),
            "error: 1.5 is not a long of 64 bits, at byte 6 in id");
  EXPECT_EQ(encoded(kUser, R"({"id":9223372036854775808,"name":"x"})"),
            "error: 9223372036854775808 is not a long of 64 bits, at byte 6 in id");
  EXPECT_EQ(encoded(kUser, R"({"id":1,"nam":"x"})"),
            "error: the record User has no field \"nam\" (unknown_fields = \"ignore\" leaves such "
            "fields out), at byte 8");
  EXPECT_EQ(encoded(kUser, R"({"id":1,"name":"x","id":2})"),
            "error: the field \"id\" is there twice, at byte 19");
  EXPECT_EQ(encoded(kUser, R"({"name":"x","name":"y","id":2})"),
            "error: the field \"name\" is there twice, at byte 12");
  EXPECT_EQ(encoded("\"int\"", "2147483648"),
            "error: 2147483648 is not an int of 32 bits, at byte 0");
  EXPECT_EQ(encoded("\"float\"", "1e39"), "error: 1e39 is too large for a float, at byte 0");
  EXPECT_EQ(encoded("\"double\"", "1e999"), "error: 1e999 is too large for a double, at byte 0");
  EXPECT_EQ(encoded("\"bytes\"", "\"\xC4\x80\""),
            "error: bytes are written with characters up to U+00FF, and the string has others, at "
            "byte 0");
}

TEST(PlainJson, UnknownFieldsCanBeLeftOut) {
  Form form;
  form.ignore_unknown = true;
  EXPECT_EQ(encoded(kUser, R"({"x":{"y":[1,{}]},"id":7,"z":null,"name":"Ann","w":"\""})", form),
            "0e06416e6e0000");
  EXPECT_TRUE(encoded(kUser, R"({"x":[1,"id":7,"name":"Ann"})", form).starts_with("error"));
}

TEST(PlainJson, TextThatIsNotJsonIsRefused) {
  for (const char* bad : {"",
                          " ",
                          "{",
                          R"({"id")",
                          R"({"id":)",
                          R"({"id":1)",
                          R"({"id":1,)",
                          R"({"id":1,})",
                          R"({"id":1 "name":"x"})",
                          R"({"id":1,"name":"x"}})",
                          R"({"id":01,"name":"x"})",
                          R"({"id":1,"name":"x)",
                          R"({"id":-,"name":""})",
                          R"({"id":1,"name":"\q"})",
                          R"({"id":1,"name":"\ud800"})",
                          R"({"id":1,"name":"\u12"})",
                          "{\"id\":1,\"name\":\"\n\"}",
                          "{\"id\":1,\"name\":\"\xff\"}",
                          R"({"id":1,"name":"x","tags":[1 2]})",
                          R"({"id":1,"name":"x","tags":["a",]})",
                          R"([])",
                          "nul"}) {
    EXPECT_TRUE(encoded(kUser, bad).starts_with("error")) << bad;
  }
}

TEST(PlainJson, StringsAreEscapedAndRead) {
  const std::string json = R"("\u0000\u001f\"\\\b\f\n\r\t/ ü€🙂 and more than a word of it")";
  EXPECT_EQ(round_trip("\"string\"", json), json);
  EXPECT_EQ(round_trip("\"string\"", R"("\/\u00fc\u20AC\ud83d\ude42")"), "\"/ü€🙂\"");
  std::string odd = "\"";
  for (int i = 0; i < 30'000; ++i) odd += i % 3 == 0 ? "\\u0001" : "é";
  odd += '"';
  EXPECT_EQ(round_trip("\"string\"", odd), odd);
}

TEST(PlainJson, BytesAreCharactersOrBase64) {
  const std::string bytes = unhex("00ff7f80412209");
  const std::string binary = "\x0e" + bytes;
  EXPECT_EQ(decoded("\"bytes\"", binary),
            "\"\\u0000ÿ\x7f\xC2\x80"
            "A\\\"\\t\"");
  EXPECT_EQ(encoded("\"bytes\"", decoded("\"bytes\"", binary)), hex(binary));
  EXPECT_EQ(decoded("\"bytes\"", binary, kBase64), "\"AP9/gEEiCQ==\"");
  for (const char* text : {"", "QQ==", "QUI=", "QUJD", "QUJDRA==", "QQ"}) {
    const std::string json = '"' + std::string(text) + '"';
    const std::string want = std::string(text) == "QQ" ? "\"QQ==\"" : json;
    EXPECT_EQ(round_trip("\"bytes\"", json, kBase64), want);
  }
  for (const char* bad : {"Q", "QQ=", "Q=Q=", "QR==", "Q\\u00e9==", "===="}) {
    EXPECT_TRUE(encoded("\"bytes\"", '"' + std::string(bad) + '"', kBase64).starts_with("error"))
        << bad;
  }
  constexpr std::string_view kFixed = R"({"type":"fixed","name":"F","size":2})";
  EXPECT_EQ(round_trip(kFixed, "\"ab\""), "\"ab\"");
  EXPECT_EQ(encoded(kFixed, "\"abc\""),
            "error: the 2 bytes of the fixed F are given as 3, at byte 0");
}

TEST(PlainJson, NumbersThatJsonCannotSayAreStrings) {
  for (const char* type : {"\"double\"", "\"float\""}) {
    for (const char* json : {"\"NaN\"", "\"Infinity\"", "\"-Infinity\"", "0.1", "-0", "1e+22"}) {
      EXPECT_EQ(round_trip(type, json), json);
    }
    EXPECT_TRUE(encoded(type, "\"1\"").starts_with("error"));
  }
  EXPECT_EQ(round_trip("\"double\"", "1e-400"), "0");
  EXPECT_EQ(round_trip("\"long\"", "1E3"), "1000");
  EXPECT_EQ(round_trip("\"long\"", "5.0"), "5");
}

TEST(PlainJson, TheBranchOfAUnionIsFoundByItsValue) {
  constexpr std::string_view kMany = R"(["float","double","int","long","bytes","string",
      {"type":"enum","name":"E","symbols":["RED"]},"null","boolean",
      {"type":"array","items":"int"}])";
  const auto branch = [&](const char* json) { return encoded(kMany, json).substr(0, 2); };
  EXPECT_EQ(branch("5"), "04");
  EXPECT_EQ(branch("5000000000"), "06");
  EXPECT_EQ(branch("0.1"), "02");
  EXPECT_EQ(branch("1e300"), "02");
  EXPECT_EQ(branch("\"RED\""), "0a");  // the string comes first
  EXPECT_EQ(branch("\"NaN\""), "0a");
  EXPECT_EQ(branch("null"), "0e");
  EXPECT_EQ(branch("true"), "10");
  EXPECT_EQ(branch("[1]"), "12");
  EXPECT_EQ(encoded(kMany, "{}"),
            "error: an object is there that fits no branch of the union: float, double, int, long, "
            "bytes, string, E, null, boolean, array, at byte 0");
  EXPECT_EQ(encoded(kMany, "[1,\"x\"]"),
            "error: a string is there where an int should be, at byte 3 in [1]");
}

TEST(PlainJson, RecordsOfAUnionAreTriedInTheirOrder) {
  constexpr std::string_view kShapes = R"([
      {"type":"record","name":"Circle","fields":[{"name":"r","type":"int"}]},
      {"type":"record","name":"Square","fields":[{"name":"a","type":"int"}]},
      {"type":"map","values":"string"}])";
  EXPECT_EQ(encoded(kShapes, R"({"r":1})"), "0002");
  EXPECT_EQ(encoded(kShapes, R"({"a":1})"), "0202");
  EXPECT_EQ(encoded(kShapes, R"({"b":"x"})"),
            "040202620278"
            "00");
  EXPECT_TRUE(encoded(kShapes, R"({"b":1})").starts_with("error: an object is there that fits no"));
}

TEST(PlainJson, ManyTriesAreGivenUp) {
  // Which of the two it is shows only at the bottom, and every level tries both.
  constexpr std::string_view kTwo = R"({"type":"record","name":"R","fields":[{"name":"u","type":[
      "null",{"type":"record","name":"A","fields":[
         {"name":"next","type":["null","A",{"type":"record","name":"B","fields":[
             {"name":"next","type":["null","A","B"]},{"name":"z","type":"int","default":1}]}]},
         {"name":"y","type":"int","default":1}]}]}]})";
  std::string json = R"({"bad":1})";
  for (int i = 0; i < 60; ++i) json = R"({"next":)" + json + "}";
  EXPECT_NE(encoded(kTwo, R"({"u":)" + json + "}").find("it takes too long"), std::string::npos);
}

TEST(AvroJson, UnionsNameTheirBranches) {
  constexpr std::string_view kUnion =
      R"(["null","string",{"type":"record","name":"a.R","fields":[]},"int"])";
  for (const char* json : {"null", R"({"string":"x"})", R"({"a.R":{}})", R"({"int":5})"}) {
    EXPECT_EQ(round_trip(kUnion, json, kAvro), json);
  }
  EXPECT_EQ(encoded(kUnion, "\"x\"", kAvro),
            "error: a string is there where {\"type\": value} for a union should be (json = "
            "\"avro\"), at byte 0");
  EXPECT_EQ(encoded(kUnion, R"({"long":5})", kAvro),
            "error: \"long\" is no branch of the union, at byte 1");
  EXPECT_EQ(encoded(kUnion, R"({"int":5,"string":"x"})", kAvro),
            "error: more than one branch of a union is given, at byte 8");
}

TEST(LogicalTypes, AreTextsAndDecimalNumbersWhenAskedFor) {
  const auto check = [](const std::string& type, const std::string& json, const std::string& base) {
    EXPECT_EQ(round_trip(type, json, kLogical), json) << type;
    EXPECT_EQ(decoded(type, unhex(encoded(type, json, kLogical))), base) << type;
    EXPECT_EQ(decoded(type, unhex(encoded(type, base, kPlain)), kLogical), json) << type;
  };
  check(R"({"type":"int","logicalType":"date"})", "\"2024-05-01\"", "19844");
  check(R"({"type":"int","logicalType":"date"})", "\"1969-12-31\"", "-1");
  check(R"({"type":"int","logicalType":"date"})", "\"0001-01-01\"", "-719162");
  check(R"({"type":"int","logicalType":"date"})", "\"9999-12-31\"", "2932896");
  check(R"({"type":"int","logicalType":"date"})", "2932897", "2932897");
  check(R"({"type":"int","logicalType":"time-millis"})", "\"10:00:00.250\"", "36000250");
  check(R"({"type":"long","logicalType":"time-micros"})", "\"23:59:59.999999\"", "86399999999");
  check(R"({"type":"long","logicalType":"timestamp-millis"})", "\"2024-05-01T10:00:00.250Z\"",
        "1714557600250");
  check(R"({"type":"long","logicalType":"timestamp-millis"})", "\"1969-12-31T23:59:59.999Z\"",
        "-1");
  check(R"({"type":"long","logicalType":"timestamp-micros"})", "\"2024-02-29T00:00:00.000001Z\"",
        "1709164800000001");
  check(R"({"type":"long","logicalType":"timestamp-micros"})", "9223372036854775807",
        "9223372036854775807");
  check(R"({"type":"long","logicalType":"timestamp-micros"})", "-9223372036854775808",
        "-9223372036854775808");
  check(R"({"type":"long","logicalType":"local-timestamp-millis"})", "\"2024-05-01T10:00:00.250\"",
        "1714557600250");
  check(R"({"type":"bytes","logicalType":"decimal","precision":6,"scale":2})", "12.34",
        "\"\\u0004Ò\"");
  check(R"({"type":"bytes","logicalType":"decimal","precision":6,"scale":2})", "-0.01", "\"ÿ\"");
  check(R"({"type":"bytes","logicalType":"decimal","precision":6,"scale":2})", "0.00",
        "\"\\u0000\"");
  check(R"({"type":"fixed","name":"F","size":4,"logicalType":"decimal","precision":6})", "-128",
        "\"ÿÿÿ\xC2\x80\"");
  check(R"({"type":"fixed","name":"F","size":12,"logicalType":"duration"})",
        R"({"months":1,"days":2,"millis":3})",
        R"("\u0001\u0000\u0000\u0000\u0002\u0000\u0000\u0000\u0003\u0000\u0000\u0000")");
  check(R"({"type":"fixed","name":"F","size":16,"logicalType":"uuid"})",
        "\"61626364-6566-6768-696a-6b6c6d6e6f70\"", "\"abcdefghijklmnop\"");
}

TEST(LogicalTypes, DecimalsAreExactWhateverTheirLength) {
  const std::string type = R"({"type":"bytes","logicalType":"decimal","precision":60,"scale":9})";
  for (const char* number : {"123456789012345678901234567890123456789012345678901.123456789",
                             "-123456789012345678901234567890123456789012345678901.123456789",
                             "-18446744073709551616.000000000", "18446744073709551615.000000001",
                             "0.000000001", "-340282366920938463463374607431.768211456"}) {
    EXPECT_EQ(round_trip(type, number, kLogical), number);
    EXPECT_EQ(round_trip(type, '"' + std::string(number) + '"', kLogical), number);
  }
  EXPECT_EQ(round_trip(type, "1.5e3", kLogical), "1500.000000000");
  EXPECT_EQ(round_trip(type, "-15E-1", kLogical), "-1.500000000");
  EXPECT_EQ(round_trip(type, "0e999999999", kLogical), "0.000000000");
  const std::string small = R"({"type":"bytes","logicalType":"decimal","precision":3,"scale":1})";
  EXPECT_EQ(encoded(small, "1.25", kLogical),
            "error: 1.25 has more decimals than the scale of its type, a decimal of 3 digits, 1 of "
            "them decimals, at byte 0");
  EXPECT_EQ(encoded(small, "100", kLogical),
            "error: 100 has more digits than the precision of its type, a decimal of 3 digits, 1 "
            "of them decimals, at byte 0");
  EXPECT_TRUE(encoded(small, "1e2147483647", kLogical).starts_with("error"));
  EXPECT_TRUE(encoded(small, "\"1.\\u0000\"", kLogical).starts_with("error"));
  EXPECT_TRUE(encoded(small, "\"\"", kLogical).starts_with("error"));
  EXPECT_EQ(decoded(small, unhex("0403e8"), kLogical),
            "error: a decimal has more than the 3 digits of its type, at byte 1");
  EXPECT_EQ(decoded(small, unhex("0a000000000a"), kLogical), "1.0");
  EXPECT_EQ(decoded(small, unhex("00"), kLogical), "0.0");
}

TEST(LogicalTypes, TextsThatAreNoTimesAreRefused) {
  const std::string millis = R"({"type":"long","logicalType":"timestamp-millis"})";
  EXPECT_EQ(round_trip(millis, "\"2024-05-01 12:00:00+02:00\"", kLogical),
            "\"2024-05-01T10:00:00.000Z\"");
  EXPECT_EQ(
      encoded(millis, "\"2024-05-01T10:00:00.0005Z\"", kLogical),
      "error: \"2024-05-01T10:00:00.0005Z\" is not like 2024-05-01T10:00:00.250Z (without the "
      "Z when it is local), or has too many decimals, at byte 0");
  for (const char* bad :
       {"", "2024-05-01", "2024-02-30T00:00:00Z", "2024-05-01T24:00:00Z", "2024-05-01T10:00:00",
        "2024-05-01T10:00:00.Z", "2024-5-1T10:00:00Z", "2024-05-01T10:00:00Zx",
        "0000-05-01T10:00:00Z", "2024-00-01T10:00:00Z"}) {
    EXPECT_TRUE(encoded(millis, '"' + std::string(bad) + '"', kLogical).starts_with("error"))
        << bad;
  }
  EXPECT_TRUE(encoded(millis, "\"2024-05-01T10:00:00Z\"", kPlain).starts_with("error"));
}

TEST(LogicalTypes, DecimalsOfAnotherScaleAreNotMixedUp) {
  const auto type = [](int scale) {
    return R"({"type":"bytes","logicalType":"decimal","precision":9,"scale":)" +
           std::to_string(scale) + "}";
  };
  EXPECT_EQ(decoded(type(2), unhex("020a"), kLogical, type(3)),
            "error: a decimal of scale 2 cannot be read as one of scale 3, at byte 0");
  EXPECT_EQ(decoded(type(2), unhex("020a"), kPlain, type(3)), "\"\\n\"");
}

TEST(HostileBytes, AreRefusedWithTheirPlace) {
  EXPECT_EQ(decoded("\"string\"", unhex("feffffffffffffff7f61")),
            "error: the length 4611686018427387903 of a string is not within the 1 bytes that are "
            "left, at byte 0");
  EXPECT_EQ(decoded("\"bytes\"", unhex("01")),
            "error: the length -1 of bytes is not within the 0 bytes that are left, at byte 0");
  EXPECT_EQ(decoded("\"string\"", unhex("04ff61")), "error: a string is not UTF-8, at byte 1");
  EXPECT_EQ(decoded("\"string\"", unhex("0261") + "more"),
            "error: 4 more bytes are behind the value, at byte 2");
  EXPECT_EQ(decoded("\"long\"", unhex("ffffffffffffffffff02")),
            "error: a number has more than 64 bits, at byte 0");
  EXPECT_EQ(decoded("\"long\"", unhex("ffffff")),
            "error: the bytes end within a number, at byte 0");
  EXPECT_EQ(decoded("\"long\"", ""), "error: the bytes end within a number, at byte 0");
  EXPECT_EQ(decoded("\"int\"", unhex("8080808010")),
            "error: an int is 2147483648, which has more than 32 bits, at byte 0");
  EXPECT_EQ(decoded("\"boolean\"", unhex("02")), "error: a boolean is 2, not 0 or 1, at byte 0");
  EXPECT_EQ(decoded("\"double\"", unhex("00")),
            "error: a double of 8 bytes is cut off: 1 are left, at byte 0");
  EXPECT_EQ(decoded(R"(["null","int"])", unhex("7f")),
            "error: the union has no branch -64, at byte 0");
  EXPECT_EQ(decoded(R"({"type":"enum","name":"E","symbols":["A"]})", unhex("02")),
            "error: the enum E has no symbol 1, at byte 0");
  EXPECT_EQ(decoded(kUser, unhex("0e06416e6e04026108")),
            "error: the length 4 of a string is not within the 0 bytes that are left, at byte 8 in "
            "tags[1]");
  EXPECT_EQ(
      decoded(R"({"type":"map","values":{"type":"map","values":"int"}})", unhex("02026102026280")),
      "error: the bytes end within a number, at byte 6 in a.b");
}

TEST(HostileBytes, BlocksCannotHaveMoreItemsThanBytes) {
  EXPECT_EQ(decoded(R"({"type":"array","items":"int"})", unhex("808080808080808020")),
            "error: a block has 1152921504606846976 items, which is more than the 0 bytes that are "
            "left, at byte 0");
  EXPECT_EQ(decoded(R"({"type":"array","items":"null"})", unhex("80808080808080802000")),
            "error: a block has 1152921504606846976 items, which is more than the 1048576 without "
            "bytes that are accepted, at byte 0");
  EXPECT_EQ(decoded(R"({"type":"array","items":"int"})", unhex("ffffffffffffffffff0100")),
            "error: a block has 9223372036854775807 items, which is more than the 0 bytes that are "
            "left, at byte 0");
  EXPECT_EQ(decoded(R"({"type":"array","items":"int"})", unhex("0101")),
            "error: the size -1 of a block is not within the bytes that are left, at byte 0");
  EXPECT_EQ(decoded(R"({"type":"array","items":"null"})", unhex("0400")), "[null,null]");
  // Fields of it that nobody wants do not cost time either.
  constexpr std::string_view kNulls = R"({"type":"record","name":"R","fields":[
      {"name":"a","type":{"type":"array","items":"null"}},{"name":"b","type":"int"}]})";
  EXPECT_EQ(decoded(kNulls, unhex("808080010002"), {},
                    R"({"type":"record","name":"R","fields":[{"name":"b","type":"int"}]})"),
            "{\"b\":1}");
}

TEST(HostileBytes, ManyBlocksOfNothingComeToAnEnd) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += unhex("80808001");  // 1 Mi items each
  bytes += '\0';
  EXPECT_EQ(decoded(R"({"type":"array","items":"null"})", bytes, {}, {}, 64 << 20),
            "error: there are too many items without bytes, at byte 8");
}

TEST(HostileBytes, DepthIsLimited) {
  constexpr std::string_view kList =
      R"({"type":"record","name":"L","fields":[{"name":"n","type":["null","L"]}]})";
  EXPECT_EQ(decoded(kList, std::string(255, '\2') + '\0').size(), 256u * 6 + 4);
  EXPECT_NE(
      decoded(kList, std::string(2'000'000, '\2')).find("nested too deeply, at byte 256 in n.n"),
      std::string::npos);
  EXPECT_NE(decoded(R"({"type":"record","name":"L","fields":[{"name":"n","type":"L"}]})", "")
                .find("nested too deeply"),
            std::string::npos);
  constexpr std::string_view kArrays =
      R"({"type":"record","name":"A","fields":[{"name":"n","type":{"type":"array","items":"A"}}]})";
  EXPECT_NE(decoded(kArrays, std::string(100'000, '\2')).find("nested too deeply"),
            std::string::npos);
  EXPECT_NE(decoded(kList, std::string(200, '\2') + '\0', kAvro).find("nested too deeply"),
            std::string::npos);
  std::string json = "null";
  for (int i = 0; i < 300; ++i) json = "{\"n\":" + json + "}";
  EXPECT_NE(encoded(kList, json).find("nested too deeply"), std::string::npos);
  // And where the value is passed.
  const std::string outer = R"({"type":"record","name":"O","fields":[{"name":"l","type":)" +
                            std::string(kList) + R"(},{"name":"x","type":"int"}]})";
  EXPECT_NE(decoded(outer, std::string(2'000'000, '\2'), {},
                    R"({"type":"record","name":"O","fields":[{"name":"x","type":"int"}]})")
                .find("nested too deeply"),
            std::string::npos);
}

TEST(HostileBytes, WhatGrowsTooLargeIsRefused) {
  EXPECT_EQ(decoded(R"({"type":"array","items":"null"})", unhex("80808001") + std::string(1, '\0'),
                    {}, {}, 100'000),
            "error: the result has more than the 100000 bytes that max_size allows");
  EXPECT_EQ(encoded("\"string\"", '"' + std::string(5000, 'x') + '"', {}, 4096),
            "error: the result has more than the 4096 bytes that max_size allows");
}

TEST(Resolution, FieldsWithDefaultsStandWhereTheReaderHasThem) {
  constexpr std::string_view kReader = R"({"type":"record","name":"User","fields":[
      {"name":"new","type":"int","default":1},{"name":"id","type":"double"},
      {"name":"kind","type":{"type":"enum","name":"K","symbols":["A","B"]},"default":"B"},
      {"name":"title","type":"string","aliases":["name"]},
      {"name":"more","type":["null","int"],"default":null}]})";
  EXPECT_EQ(decoded(kUser, unhex("0e06416e6e020261000206614062"), {}, kReader),
            R"({"new":1,"id":7,"kind":"B","title":"Ann","more":null})");
}

TEST(Resolution, WhatCannotBeResolvedIsSaid) {
  EXPECT_EQ(decoded("\"string\"", unhex("0261"), {}, "\"int\""),
            "error: what was written as string cannot be read as int, at byte 0");
  EXPECT_EQ(decoded(R"({"type":"enum","name":"E","symbols":["A","B"]})", unhex("02"), {},
                    R"({"type":"enum","name":"E","symbols":["A"]})"),
            "error: the symbol B is not in the reader's enum E, which has no default, at byte 0");
  EXPECT_EQ(
      decoded(kUser, unhex("0e06416e6e0000"), {},
              R"({"type":"record","name":"User","fields":[{"name":"x","type":"int"}]})"),
      "error: the field \"x\" of User is not in what was written, and has no default, at byte "
      "0");
  EXPECT_EQ(decoded(kUser, unhex("0e06416e6e0000"), {},
                    R"({"type":"record","name":"Person","fields":[]})"),
            "error: what was written as record User cannot be read as record Person, at byte 0");
}

}  // namespace
}  // namespace streamhost::avro
