#include "schema.h"

#include "test_support.h"

namespace streamhost::avro {
namespace {

TEST(Schema, NamesTakeTheNamespaceAroundThem) {
  const auto schema = schema_of(R"({"type":"record","name":"a.b.R","fields":[
      {"name":"x","type":{"type":"enum","name":"E","symbols":["A"]}},
      {"name":"y","type":{"type":"fixed","name":"F","namespace":"c","size":2}},
      {"name":"z","type":"E"},{"name":"w","type":"c.F"},{"name":"self","type":["null","R"]}]})");
  const Node& r = schema->root();
  EXPECT_EQ(r.name, "a.b.R");
  EXPECT_EQ(r.short_name(), "R");
  EXPECT_EQ(r.fields[0].type->name, "a.b.E");
  EXPECT_EQ(r.fields[1].type->name, "c.F");
  EXPECT_EQ(r.fields[2].type, r.fields[0].type);
  EXPECT_EQ(r.fields[3].type, r.fields[1].type);
  EXPECT_EQ(r.fields[4].type->branches[1], &r);
}

TEST(Schema, MistakesAreNamedWithTheirPlace) {
  EXPECT_TRUE(schema_problem("{").starts_with("the schema is not JSON: "));
  EXPECT_EQ(schema_problem("12"), "the schema: a type is a name, an array (a union) or an object");
  EXPECT_EQ(schema_problem(R"("strin")"),
            "the schema: unknown type \"strin\"; it is neither a type of Avro nor defined before "
            "this place");
  EXPECT_EQ(schema_problem(R"("record")"),
            "the schema: \"record\" needs an object: {\"type\": \"record\", …}");
  const auto field = [](const std::string& f) {
    return schema_problem(R"({"type":"record","name":"R","fields":[{"name":"a","type":"int"},)" +
                          f + "]}");
  };
  EXPECT_EQ(field(R"({"name":"b","type":"nope"})"),
            "the schema at /fields/1/type: unknown type \"nope\"; it is neither a type of Avro nor "
            "defined before this place");
  EXPECT_EQ(field(R"({"name":"a","type":"int"})"),
            "the schema at /fields/1: the field \"a\" is there twice");
  EXPECT_EQ(field(R"({"name":"2b","type":"int"})"),
            "the schema at /fields/1: \"2b\" is no name: letters, digits and _, not beginning with "
            "a digit");
  EXPECT_EQ(field(R"({"type":"int"})"), "the schema at /fields/1: \"name\" is missing");
  EXPECT_EQ(field(R"({"name":"b"})"), "the schema at /fields/1: \"type\" is missing");
  EXPECT_EQ(field("7"), "the schema at /fields/1: a field is an object with \"name\" and \"type\"");
  EXPECT_EQ(field(R"({"name":"b","type":{"type":"array"}})"),
            "the schema at /fields/1/type: \"items\" is missing");
  EXPECT_EQ(field(R"({"name":"b","type":["int",["null"]]})"),
            "the schema at /fields/1/type/1: a union may not be directly in a union");
  EXPECT_EQ(field(R"({"name":"b","type":["int","int"]})"),
            "the schema at /fields/1/type/1: the union has \"int\" twice");
  EXPECT_EQ(field(R"({"name":"b","type":[]})"),
            "the schema at /fields/1/type: the union has no branch");
  EXPECT_EQ(field(R"({"name":"b","type":{"type":"enum","name":"E","symbols":["A","A"]}})"),
            "the schema at /fields/1/type: the symbol \"A\" is there twice");
  EXPECT_EQ(
      field(R"({"name":"b","type":{"type":"enum","name":"E","symbols":["A"],"default":"B"}})"),
      "the schema at /fields/1/type: the default \"B\" is no symbol of the enum");
  EXPECT_EQ(field(R"({"name":"b","type":{"type":"fixed","name":"F","size":-1}})"),
            "the schema at /fields/1/type: the fixed \"F\" needs a \"size\": a number of bytes");
  EXPECT_EQ(field(R"({"name":"b","type":{"type":"fixed","name":"R","size":1}})"),
            "the schema at /fields/1/type: \"R\" is defined twice");
  EXPECT_EQ(field(R"({"name":"b","type":"int","default":"x"})"),
            "the schema at /fields/1: the default of \"b\" does not fit its type: a string is "
            "there where an int should be, at byte 0");
}

TEST(Schema, ADefaultMayNeedAnother) {
  const auto schema = schema_of(R"({"type":"record","name":"R","fields":[
      {"name":"a","type":{"type":"record","name":"S","fields":[
          {"name":"x","type":"int","default":5},{"name":"y","type":["null","S"],"default":null}]},
       "default":{}}]})");
  EXPECT_EQ(hex(schema->root().fields[0].default_binary), "0a00");
  EXPECT_NE(schema_problem(R"({"type":"record","name":"R","fields":[
      {"name":"a","type":"R","default":{}}]})"),
            "");
}

TEST(Schema, DefaultsThatDoubleAtEachLevelAreRefused) {
  // 40 levels of records, each twice in the next.
  std::string schema = R"("int","default":7)";
  for (int i = 0; i < 40; ++i) {
    const std::string name = "R" + std::to_string(i);
    schema =
        R"({"type":"record","name":")" + name + R"(","fields":[{"name":"a","type":)" + schema +
        R"(},{"name":"b","type":)" +
        (i == 0 ? R"("int","default":7)" : "\"R" + std::to_string(i - 1) + "\",\"default\":{}") +
        "}]},\"default\":{}";
  }
  schema.resize(schema.size() - 13);
  EXPECT_NE(schema_problem(schema).find("max_size"), std::string::npos);
}

TEST(Schema, WhatItWasWrittenWithNeedNotHaveGoodDefaults) {
  constexpr std::string_view kBad =
      R"({"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"x"}]})";
  EXPECT_NO_THROW(Schema::parse(kBad, Defaults::kIgnored));
  EXPECT_THROW(Schema::parse(kBad, Defaults::kNeeded), Error);
}

TEST(Schema, ItMayUseWhatItsReferencesDefine) {
  const std::vector<std::string> references = {
      R"({"type":"enum","name":"c.Colour","symbols":["RED"]})",
      R"({"type":"record","name":"c.Pen","fields":[{"name":"colour","type":"Colour"}]})"};
  const auto schema =
      Schema::parse(R"({"type":"array","items":"c.Pen"})", Defaults::kNeeded, references);
  EXPECT_EQ(schema->root().branches[0]->fields[0].type->symbols[0], "RED");
  EXPECT_THROW(Schema::parse(R"("c.Pen")", Defaults::kNeeded), Error);
}

TEST(Schema, LogicalTypesThatDoNotFitAreIgnored) {
  const auto logical = [](const std::string& type) { return schema_of(type)->root().logical; };
  EXPECT_EQ(logical(R"({"type":"int","logicalType":"date"})"), Logical::kDate);
  EXPECT_EQ(logical(R"({"type":"long","logicalType":"date"})"), Logical::kNone);
  EXPECT_EQ(logical(R"({"type":"long","logicalType":"nonsense"})"), Logical::kNone);
  EXPECT_EQ(logical(R"({"type":"bytes","logicalType":"decimal","precision":4,"scale":2})"),
            Logical::kDecimal);
  EXPECT_EQ(logical(R"({"type":"bytes","logicalType":"decimal","precision":2,"scale":4})"),
            Logical::kNone);
  EXPECT_EQ(logical(R"({"type":"bytes","logicalType":"decimal"})"), Logical::kNone);
  EXPECT_EQ(
      logical(R"({"type":"fixed","name":"F","size":2,"logicalType":"decimal","precision":40})"),
      Logical::kNone);
  EXPECT_EQ(logical(R"({"type":"fixed","name":"F","size":12,"logicalType":"duration"})"),
            Logical::kDuration);
}

TEST(Schema, DeepAndLongOnesAreReadOrRefused) {
  std::string deep = "\"int\"";
  for (int i = 0; i < 200; ++i) deep = R"({"type":"array","items":)" + deep + "}";
  EXPECT_NE(schema_problem(deep).find("nested more than 128 deep"), std::string::npos);

  // A chain of records by name, longer than a stack would bear.
  std::string chain = "[";
  for (int i = 0; i < 20'000; ++i) {
    if (i != 0) chain += ',';
    chain += R"({"type":"record","name":"R)" + std::to_string(i) +
             R"(","fields":[{"name":"f","type":)" +
             (i == 0 ? "\"int\"" : "\"R" + std::to_string(i - 1) + '"') + "}]}";
  }
  EXPECT_EQ(decoded(chain + "]", unhex("0a0a")),
            "{\"f\":{\"f\":{\"f\":{\"f\":{\"f\":{\"f\":5}}}}}}");
}

}  // namespace
}  // namespace streamhost::avro
