// avro.decode and avro.encode, made from their options.
#include "common/component_harness.h"
#include "test_registry.h"
#include "test_support.h"

namespace streamhost::avro {
namespace {

using plugin_common::ComponentHarness;
using plugin_common::TestOptions;
using plugin_common::TestRecord;
using Options = std::map<std::string, std::string>;

constexpr const char* kSchema =
    R"({"type":"record","name":"R","fields":[{"name":"a","type":"int"}]})";
constexpr const char* kWider =
    R"({"type":"record","name":"R","fields":[{"name":"a","type":"long"},{"name":"b","type":"string","default":"new"}]})";

Options with_sizes(Options options) {
  options.try_emplace("max_size", "1000000");
  return options;
}

std::string error_of(const std::string& component, Options options, const TestOptions& more = {}) {
  return ComponentHarness(component, with_sizes(std::move(options)), more).error;
}

TestOptions registry(const std::string& url, int64_t timeout_us = 2'000'000) {
  TestOptions options;
  auto& table = options.table("registry");
  table["url"] = {url};
  table["timeout"] = {std::to_string(timeout_us)};
  table["failures_for"] = {"30000000"};
  return options;
}

std::string frame(int id, const std::string& hex_of_value) {
  std::string bytes(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(id >> shift);
  return bytes + unhex(hex_of_value);
}

TEST(Decode, KeepsKeyTimeAndHeadersAndPassesTombstones) {
  ComponentHarness h("decode", with_sizes({{"schema", kSchema}}));
  ASSERT_EQ(h.error, "");
  ASSERT_EQ(h.process({{"k", unhex("0a"), 5, {{"h", "x"}}}, {"gone", std::nullopt, 6}}), SH_OK);
  ASSERT_EQ(h.out.size(), 2u);
  EXPECT_EQ(h.out[0], (TestRecord{"k", "{\"a\":5}", 5, {{"h", "x"}}}));
  EXPECT_EQ(h.out[1], (TestRecord{"gone", std::nullopt, 6}));
}

TEST(Decode, ABadValueConcernsItsRecordAlone) {
  ComponentHarness h("decode", with_sizes({{"schema", kSchema}}));
  ASSERT_EQ(h.process({{"k", unhex("02")}, {"k", unhex("80")}, {"k", ""}, {"k", unhex("04")}}),
            SH_OK);
  ASSERT_EQ(h.out.size(), 2u);
  EXPECT_EQ(h.out[1].value, "{\"a\":2}");
  ASSERT_EQ(h.rejected.size(), 2u);
  EXPECT_EQ(h.rejected[0],
            "the value is not Avro of its schema: the bytes end within a number, at byte 0 in a");
}

TEST(Decode, ResolvesToTheReadersSchema) {
  ComponentHarness h("decode", with_sizes({{"schema", kWider}, {"writer_schema", kSchema}}));
  ASSERT_EQ(h.process({{"k", unhex("0a")}}), SH_OK);
  EXPECT_EQ(h.out.at(0).value, R"({"a":5,"b":"new"})");
}

TEST(Decode, MistakesInTheOptionsAreSaid) {
  EXPECT_EQ(error_of("decode", {}), "give a schema or a schema_file");
  EXPECT_EQ(error_of("decode", {{"schema", "\"int\""}, {"schema_file", "x"}}),
            "give only one of schema and schema_file");
  EXPECT_EQ(error_of("decode", {{"schema_file", "/gone.avsc"}}),
            "schema_file \"/gone.avsc\" cannot be read: No such file or directory");
  EXPECT_EQ(error_of("decode", {{"schema", R"(["int","int"])"}}),
            "schema: the schema at /1: the union has \"int\" twice");
  EXPECT_EQ(error_of("decode", {{"framing", "confluent"}}),
            "framing = \"confluent\" needs a registry = { url = … }");
  EXPECT_EQ(error_of("decode", {{"schema", "\"int\""}}, registry("http://x")),
            "a registry is only used with framing = \"confluent\"");
  EXPECT_EQ(error_of("decode", {{"framing", "confluent"}}, registry("x:8081")),
            "\"x:8081\" is no URL of a registry: http://host:port or https://…");
  EXPECT_NE(error_of("decode", {{"framing", "confluent"}, {"writer_schema", "\"int\""}},
                     registry("http://x")),
            "");
  EXPECT_EQ(error_of("encode", {}), "give a schema or a schema_file");
  EXPECT_NE(error_of("encode", {{"schema", "\"int\""}, {"subject", "x"}}), "");
  EXPECT_NE(
      error_of("encode", {{"schema", "\"int\""}, {"framing", "confluent"}}, registry("http://x")),
      "");
  EXPECT_NE(error_of("encode",
                     {{"schema", "\"int\""},
                      {"framing", "confluent"},
                      {"subject", "s"},
                      {"use_latest", "true"}},
                     registry("http://x")),
            "");
}

TEST(DecodeConfluent, TakesTheSchemaOfEachValueFromTheRegistryOnce) {
  TestRegistry server;
  const int narrow = server.add("s", kSchema), wide = server.add("s", kWider);
  ComponentHarness h("decode", with_sizes({{"framing", "confluent"}}), registry(server.url()));
  ASSERT_EQ(h.error, "");
  EXPECT_TRUE(server.requests().empty()) << "nothing is asked before there is a record";
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(h.process({{"k", frame(narrow, "0a")}, {"k", frame(wide, "0a0278")}}), SH_OK);
  }
  ASSERT_EQ(h.out.size(), 6u);
  EXPECT_EQ(h.out[4].value, R"({"a":5})");
  EXPECT_EQ(h.out[5].value, R"({"a":5,"b":"x"})");
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST(DecodeConfluent, ResolvesToTheReadersSchemaAndUsesReferences) {
  TestRegistry server;
  server.add("inner", R"({"type":"record","name":"In","fields":[{"name":"x","type":"int"}]})");
  const int id = server.add(
      "outer",
      R"({"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"in","type":"In"}]})",
      R"([{"name":"In","subject":"inner","version":1}])");
  ComponentHarness h("decode", with_sizes({{"framing", "confluent"}}), registry(server.url()));
  ASSERT_EQ(h.process({{"k", frame(id, "0204")}}), SH_OK);
  EXPECT_EQ(h.out.at(0).value, R"({"a":1,"in":{"x":2}})");
  ComponentHarness to_wider("decode", with_sizes({{"framing", "confluent"}, {"schema", kWider}}),
                            registry(server.url()));
  ASSERT_EQ(to_wider.process({{"k", frame(id, "0204")}}), SH_OK);
  EXPECT_EQ(to_wider.out.at(0).value, R"({"a":1,"b":"new"})");
}

TEST(DecodeConfluent, BadIdsAreBadRecordsAndNotAskedForAgainAndAgain) {
  TestRegistry server;
  const int proto = server.add("p", "syntax = \"proto3\";", "", "PROTOBUF");
  const int broken = server.add("b", "{\"type\":\"recrod\"}");
  ComponentHarness h("decode", with_sizes({{"framing", "confluent"}}), registry(server.url()));
  const std::vector<TestRecord> records = {{"k", frame(99, "0a")},     {"k", frame(proto, "0a")},
                                           {"k", frame(broken, "0a")}, {"k", unhex("0a")},
                                           {"k", unhex("00000000")},   {"k", ""}};
  ASSERT_EQ(h.process(records), SH_OK);
  ASSERT_EQ(h.process(records), SH_OK);
  EXPECT_TRUE(h.out.empty());
  ASSERT_EQ(h.rejected.size(), 12u);
  EXPECT_EQ(h.rejected[0], "unknown to the schema registry " + server.url() +
                               " at /schemas/ids/99: Schema not found");
  EXPECT_EQ(h.rejected[1],
            "the schema " + std::to_string(proto) + " is of type PROTOBUF, not AVRO");
  EXPECT_TRUE(h.rejected[2].starts_with("the schema " + std::to_string(broken) +
                                        " of the registry: the schema at /type: unknown type"))
      << h.rejected[2];
  EXPECT_EQ(
      h.rejected[3],
      "the value does not begin with a zero and a schema's id, as framing = \"confluent\" has "
      "it");
  EXPECT_EQ(server.requests().size(), 3u);
  // After a while it may be there.
  h.pass_time(31'000'000);
  ASSERT_EQ(h.process({records[0]}), SH_OK);
  EXPECT_EQ(server.requests().size(), 4u);
}

TEST(DecodeConfluent, ARegistryThatIsDownFailsTheStepAndLosesNoRecord) {
  TestRegistry server;
  const int id = server.add("s", kSchema);
  server.mode(TestRegistry::Mode::kBroken);
  ComponentHarness h("decode", with_sizes({{"framing", "confluent"}}),
                     registry(server.url(), 200'000));
  EXPECT_EQ(h.process({{"k", frame(id, "0a")}}), SH_E_UNAVAILABLE);
  EXPECT_TRUE(h.rejected.empty());
  EXPECT_NE(h.message().find("cannot be asked for /schemas/ids/1"), std::string::npos)
      << h.message();
  server.mode(TestRegistry::Mode::kGood);
  EXPECT_EQ(h.process({{"k", frame(id, "0a")}}), SH_OK);
  EXPECT_EQ(h.out.at(0).value, R"({"a":5})");
}

TEST(Encode, KeepsKeyTimeAndHeadersAndPassesTombstones) {
  ComponentHarness h("encode", with_sizes({{"schema", kWider}}));
  ASSERT_EQ(h.error, "");
  ASSERT_EQ(
      h.process({{"k", "{\"a\":5}", 5, {{"h", "x"}}}, {"gone", std::nullopt, 6}, {"k", "{}"}}),
      SH_OK);
  ASSERT_EQ(h.out.size(), 2u);
  EXPECT_EQ(h.out[0], (TestRecord{"k", unhex("0a066e6577"), 5, {{"h", "x"}}}));
  EXPECT_EQ(h.out[1], (TestRecord{"gone", std::nullopt, 6}));
  ASSERT_EQ(h.rejected.size(), 1u);
  EXPECT_EQ(h.rejected[0], "the field \"a\" of R is missing, and has no default, at byte 2");
}

TEST(EncodeConfluent, LooksTheIdUpOnce) {
  TestRegistry server;
  server.add("other", kWider);
  const int id = server.add("t-value", kSchema);
  ComponentHarness h(
      "encode", with_sizes({{"schema", kSchema}, {"framing", "confluent"}, {"subject", "t-value"}}),
      registry(server.url()));
  ASSERT_EQ(h.error, "");
  ASSERT_EQ(h.process({{"k", "{\"a\":5}"}, {"k", "{\"a\":6}"}}), SH_OK);
  ASSERT_EQ(h.process({{"k", "{\"a\":7}"}}), SH_OK);
  EXPECT_EQ(h.out.at(0).value, frame(id, "0a"));
  EXPECT_EQ(h.out.at(2).value, frame(id, "0e"));
  EXPECT_EQ(server.requests(), std::vector<std::string>{"POST /subjects/t-value"});
}

TEST(EncodeConfluent, RegistersOnlyWhenAskedTo) {
  TestRegistry server;
  const Options options =
      with_sizes({{"schema", kSchema}, {"framing", "confluent"}, {"subject", "new-value"}});
  ComponentHarness strict("encode", options, registry(server.url()));
  EXPECT_EQ(strict.process({{"k", "{\"a\":5}"}}), SH_E_CONFIG);
  EXPECT_NE(strict.message().find("register it, or set auto_register = true"), std::string::npos)
      << strict.message();
  EXPECT_TRUE(strict.rejected.empty());
  Options registers = options;
  registers["auto_register"] = "true";
  ComponentHarness h("encode", registers, registry(server.url()));
  ASSERT_EQ(h.process({{"k", "{\"a\":5}"}}), SH_OK);
  EXPECT_EQ(h.out.at(0).value, frame(1, "0a"));
}

TEST(EncodeConfluent, BytesAloneStandThereAsTheyAre) {
  TestRegistry server;
  const int id = server.add("raw", "\"bytes\"");
  ComponentHarness encode(
      "encode", with_sizes({{"schema", "\"bytes\""}, {"framing", "confluent"}, {"subject", "raw"}}),
      registry(server.url()));
  const std::string text(100, 'x');
  ASSERT_EQ(encode.process({{"k", "\"a\""}, {"k", '"' + text + '"'}, {"k", "\"\""}}), SH_OK);
  EXPECT_EQ(encode.out.at(0).value, frame(id, "61"));
  EXPECT_EQ(encode.out.at(1).value, frame(id, "") + text);
  ComponentHarness decode("decode", with_sizes({{"framing", "confluent"}}), registry(server.url()));
  ASSERT_EQ(decode.process(encode.out), SH_OK);
  ASSERT_EQ(decode.out.size(), 3u);
  EXPECT_EQ(decode.out[0].value, "\"a\"");
  EXPECT_EQ(decode.out[1].value, '"' + text + '"');
  EXPECT_EQ(decode.out[2].value, "\"\"");
}

TEST(EncodeConfluent, WritesWithTheLatestSchema) {
  TestRegistry server;
  server.add("t-value", kSchema);
  const int latest = server.add("t-value", kWider);
  ComponentHarness h(
      "encode",
      with_sizes({{"framing", "confluent"}, {"subject", "t-value"}, {"use_latest", "true"}}),
      registry(server.url()));
  ASSERT_EQ(h.process({{"k", "{\"a\":5}"}}), SH_OK);
  EXPECT_EQ(h.out.at(0).value, frame(latest, "0a066e6577"));
}

}  // namespace
}  // namespace streamhost::avro
