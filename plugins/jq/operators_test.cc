#include "operators.h"

#include "test_support.h"

namespace streamhost::jq {
namespace {

const std::string kOrder =
    R"({"id":7,"price":12.50,"user":{"name":"Ann","tags":["a","b"]},"no":false,"x":null})";

std::string mapped(const std::string& program, const std::optional<std::string>& value,
                   Options more = {}) {
  more["program"] = program;
  Once once("map", std::move(more), value);
  EXPECT_EQ(once.harness.error, "");
  EXPECT_EQ(once.problem, "");
  return once.out;
}

std::string problem_of(const std::string& program, const std::optional<std::string>& value,
                       const std::string& component = "map") {
  Once once(component, {{"program", program}}, value);
  EXPECT_EQ(once.harness.error, "");
  EXPECT_EQ(once.out, "");
  EXPECT_EQ(once.status, SH_OK);
  return once.problem;
}

std::string error_of(Options options, const std::string& component = "map") {
  return ComponentHarness(component, with_limits(std::move(options))).error;
}

TEST(Map, TheResultIsTheNewValue) {
  EXPECT_EQ(mapped(".price * 2", kOrder), "25");
  EXPECT_EQ(mapped(".user | {name, n: (.tags | length)}", kOrder), R"({"name":"Ann","n":2})");
  EXPECT_EQ(mapped(".user.name", kOrder), "\"Ann\"");
  EXPECT_EQ(mapped(".x", kOrder), "null");
  EXPECT_EQ(mapped(".", " [ 1 , 2.50, \"\\u00e9\" ] "), "[1,2.5,\"\xC3\xA9\"]");
  EXPECT_EQ(mapped("def f(x): x + 1; f(.)", "41"), "42");
  EXPECT_EQ(mapped(". # and a comment", "1"), "1");
}

TEST(Map, EmptyDropsTheRecord) {
  EXPECT_EQ(mapped("select(.price > 100)", kOrder), "");
  EXPECT_EQ(mapped("empty", kOrder), "");
}

TEST(Map, SeveralResultsAreAnError) {
  EXPECT_EQ(problem_of(".[]", "[1,2]"),
            "the program gives more than one result; put them into an array, or use jq.flat_map");
  EXPECT_EQ(problem_of("range(1e15)", "1"),
            "the program gives more than one result; put them into an array, or use jq.flat_map");
  EXPECT_EQ(mapped(".[]", "[1]"), "1");
}

TEST(Map, WhatIsNotTheValueStays) {
  ComponentHarness h("map", with_limits({{"program", ".a"}}));
  ASSERT_EQ(h.process({{"k", "{\"a\":1}", 5, {{"h", "x"}}}, {std::nullopt, "{}", 6}}), SH_OK);
  ASSERT_EQ(h.out.size(), 2u);
  EXPECT_EQ(h.out[0], (TestRecord{"k", "1", 5, {{"h", "x"}}}));
  EXPECT_EQ(h.out[1], (TestRecord{std::nullopt, "null", 6}));
}

TEST(Map, KeyAndTimestampAreVariables) {
  ComponentHarness h("map", with_limits({{"program", "[$key, $timestamp, .a]\n# end"}}));
  ASSERT_EQ(h.error, "");
  ASSERT_EQ(h.process({{"k\"1", "{\"a\":1}", 1714557600000001},
                       {std::nullopt, "{}"},
                       {"", std::nullopt, -1},
                       {"\xff", "{}", 0}}),
            SH_OK);
  ASSERT_EQ(h.out.size(), 4u);
  EXPECT_EQ(h.out[0].value, "[\"k\\\"1\",1714557600000001,1]");
  EXPECT_EQ(h.out[1].value, "[null,null,null]");
  EXPECT_EQ(h.out[2].value, "[\"\",-1,null]");
  EXPECT_EQ(h.out[3].value, "[\"\xEF\xBF\xBD\",0,null]");
}

TEST(Map, ARecordWithoutAValueIsNull) {
  EXPECT_EQ(mapped(".", std::nullopt), "null");
  EXPECT_EQ(mapped(".a.b", std::nullopt), "null");
}

TEST(Map, TextPutsStringsOutAsTheyAre) {
  EXPECT_EQ(mapped(".user.name", kOrder, {{"output", "text"}}), "Ann");
  EXPECT_EQ(mapped("[.user.name]", kOrder, {{"output", "text"}}), "[\"Ann\"]");
  EXPECT_EQ(mapped("\"\"", kOrder, {{"output", "text"}}), "");
  EXPECT_EQ(mapped("@tsv \"\\([.id, .user.name])\"", kOrder, {{"output", "text"}}), "7\tAnn");
}

TEST(Map, ALargeStringGoesThrough) {
  const std::string text(5'000'000, 'x');
  EXPECT_EQ(mapped(".", '"' + text + '"', {{"memory_limit", std::to_string(256 << 20)}}),
            '"' + text + '"');
  EXPECT_EQ(mapped(". + .", '"' + text + '"', {{"output", "text"}}), text + text);
}

TEST(Map, ManyRecordsComeInTheirOrder) {
  ComponentHarness h("map", with_limits({{"program", ". + 1"}}));
  for (uint32_t batch = 0; batch < 3; ++batch) {
    Records records;
    for (int i = 0; i < 50'000; ++i) records.push_back({"k", std::to_string(i)});
    ASSERT_EQ(h.process(records), SH_OK);
  }
  ASSERT_EQ(h.out.size(), 150'000u);
  for (int i = 0; i < 150'000; ++i) {
    ASSERT_EQ(h.out[static_cast<size_t>(i)].value, std::to_string(i % 50'000 + 1));
  }
}

TEST(FlatMap, EachResultIsARecord) {
  Once once("flat_map", {{"program", ".[]"}}, "[1,\"a\",null,{}]");
  EXPECT_EQ(once.out, "1 | \"a\" | null | {}");
  EXPECT_EQ(once.harness.out[1].key, "k");
  EXPECT_EQ(once.harness.out[1].event_time_us, 1000);
  EXPECT_EQ(Once("flat_map", {{"program", ".[]"}, {"output", "text"}}, "[\"a\",\"b c\"]").out,
            "a | b c");
  EXPECT_EQ(Once("flat_map", {{"program", ".[]"}}, "[]").out, "");
}

TEST(FlatMap, AnErrorTakesBackTheResultsBeforeIt) {
  EXPECT_EQ(problem_of("1, 2, error(\"no\")", "1", "flat_map"), "no");
}

TEST(Filter, TheFirstResultDecides) {
  const auto passes = [](const std::string& program, const std::string& value) {
    return Once("filter", {{"program", program}}, value).out == value;
  };
  EXPECT_TRUE(passes(".price > 10", kOrder));
  EXPECT_FALSE(passes(".price > 100", kOrder));
  EXPECT_TRUE(passes(".a", "{\"a\":0}"));
  EXPECT_TRUE(passes(".a", "{\"a\":\"\"}"));
  EXPECT_FALSE(passes(".a", "{\"a\":null}"));
  EXPECT_FALSE(passes(".a", "{\"a\":false}"));
  EXPECT_FALSE(passes("empty", "1"));
  EXPECT_TRUE(passes("true, false", "1"));
  EXPECT_FALSE(passes("false, true", "1"));
  EXPECT_TRUE(passes("true, error", "1"));
  EXPECT_TRUE(passes("$key == \"k\" and $timestamp == 1000", "1"));
}

TEST(Filter, PassesRecordsAsTheyAre) {
  ComponentHarness h("filter", with_limits({{"program", ". != 2"}}));
  ASSERT_EQ(h.process({{"a", " 1.0 "}, {"b", "2"}, {"c", std::nullopt}, {"d", "x"}}), SH_OK);
  ASSERT_EQ(h.out.size(), 2u);
  EXPECT_EQ(h.out[0].value, " 1.0 ");
  EXPECT_EQ(h.out[1], (TestRecord{"c", std::nullopt}));
  ASSERT_EQ(h.rejected.size(), 1u);
}

TEST(Mistakes, HaveTheirPlace) {
  EXPECT_EQ(error_of({{"program", ".a |"}}), "program:1:4: syntax error, unexpected $end");
  EXPECT_EQ(error_of({{"program", ".a |\n  map(. + ) | foo"}}),
            "program:2:11: syntax error, unexpected ')'");
  EXPECT_EQ(error_of({{"program", ".a | foo(1) | .b"}}), "program:1:6: foo/1 is not defined");
  EXPECT_EQ(error_of({{"program", ".a\n| $nope"}}), "program:2:3: $nope is not defined");
  EXPECT_EQ(error_of({{"program", ".a == \"x\" and .b = = 2"}}),
            "program:1:20: syntax error, unexpected '='");
  EXPECT_EQ(error_of({{"program", "1) | (2"}}),
            "program:1:2: syntax error, unexpected INVALID_CHARACTER, expecting $end");
  EXPECT_EQ(error_of({{"program", "{(1): 2}"}}),
            "program:1:2: Cannot use number (1) as object key");
  EXPECT_EQ(error_of({{"program", std::string(". \0", 3)}}),
            "program: the program contains a NUL character");
}

TEST(Mistakes, OfOptions) {
  EXPECT_EQ(error_of({}), "give one of program and script");
  EXPECT_EQ(error_of({{"program", "."}, {"script", "/x.jq"}}),
            "give only one of program and script");
  EXPECT_EQ(error_of({{"script", "/nowhere/x.jq"}}),
            "the script \"/nowhere/x.jq\" cannot be read: No such file or directory");
}

TEST(BadRecords, ConcernThemselvesAlone) {
  ComponentHarness h("map", with_limits({{"program", ".a.b"}}));
  ASSERT_EQ(h.process({{"1", "{\"a\":{\"b\":1}}"},
                       {"2", "{\"a\":1}"},
                       {"3", "nothing"},
                       {"4", "{\"a\":{\"b\":4}}"}}),
            SH_OK);
  ASSERT_EQ(h.out.size(), 2u);
  EXPECT_EQ(h.out[1], (TestRecord{"4", "4"}));
  EXPECT_EQ(h.rejected, (std::vector<std::string>{
                            "Cannot index number with string \"b\"",
                            "the value is not JSON: Invalid literal at EOF at line 1, column 7"}));
}

TEST(BadRecords, WhatIsNotJson) {
  const std::string other = "the value is not one JSON text in UTF-8";
  for (const char* value : {"", " ", "nan", "1 2", "\"\xff\"", "{} []", "{\"a\":\"\xc3\"}"}) {
    EXPECT_EQ(problem_of(".", value), other) << value;
  }
  for (const char* value : {"{", "[1,]", "{a:1}", "'x'", "\"x", "plain text"}) {
    EXPECT_TRUE(problem_of(".", value).starts_with("the value is not JSON: ")) << value;
  }
}

TEST(BadRecords, ErrorsOfAnyKind) {
  EXPECT_EQ(problem_of("error(\"bad price\")", "1"), "bad price");
  EXPECT_EQ(problem_of("error(\"a\\nb\")", "1"), "a b");
  EXPECT_EQ(problem_of("error({code: 1})", "1"), "error: {\"code\":1}");
  EXPECT_EQ(problem_of("{(.a): 1}", "{\"a\":1}"), "Cannot use number (1) as object key");
  EXPECT_EQ(problem_of("input", "1"),
            "there is no further input: the program runs for each record by itself");
  EXPECT_EQ(problem_of("halt", "1"),
            "the program calls halt, which has no place here; empty puts nothing out");
  EXPECT_EQ(problem_of("\"enough\" | halt_error", "1"), "enough");
  EXPECT_LT(problem_of("error(\"x\" * 100000)", "1").size(), 500u);
  // The next record goes well.
  ComponentHarness h("map", with_limits({{"program", "if . == 1 then halt else . end"}}));
  ASSERT_EQ(h.process({{"k", "1"}, {"k", "2"}}), SH_OK);
  ASSERT_EQ(h.out.size(), 1u);
}

TEST(Outside, NothingCanBeReached) {
  ASSERT_EQ(setenv("STREAMHOST_JQ_SECRET", "x", 1), 0);
  EXPECT_EQ(mapped("[env, $ENV]", "1"), "[{},{}]");
  EXPECT_EQ(error_of({{"program", "import \"x\" as x; ."}}), "program: module not found: x");
  EXPECT_EQ(error_of({{"program", "include \"x\"; ."}}), "program: module not found: x");
  EXPECT_EQ(error_of({{"program", "import \"/etc/passwd\" as $x; ."}}).substr(0, 9), "program: ");
  EXPECT_EQ(mapped("input_filename", "1"), "null");
}

TEST(Outside, DebugWritesToTheLog) {
  Once once("map", {{"program", "debug | .a | debug"}}, "{\"a\":\"x\"}");
  EXPECT_EQ(once.out, "\"x\"");
  EXPECT_EQ(once.harness.logged, (std::vector<std::string>{"{\"a\":\"x\"}", "\"x\""}));
  EXPECT_EQ(mapped("stderr", "1"), "1");
}

}  // namespace
}  // namespace streamhost::jq
