#include <fstream>

#include "test_support.h"

namespace streamhost::lua {
namespace {

std::string mapped(const std::string& expr, const std::optional<std::string>& value,
                   Options more = {}) {
  more["expr"] = expr;
  Once once("map", std::move(more), value);
  EXPECT_EQ(once.harness.error, "");
  EXPECT_EQ(once.status, SH_OK);
  return once.problem.empty() ? once.out : "rejected: " + once.problem;
}
const Options kText{{"codec", "text"}};

TEST(Map, ReadsFieldsOfJson) {
  const std::string order =
      R"({"id":7,"price":12.50,"user":{"name":"Ann","tags":["a","b"]},"ok":true,"no":false,"x":null})";
  EXPECT_EQ(mapped("value.price * 2", order), "25");
  EXPECT_EQ(mapped("value.user.name", order), "\"Ann\"");
  EXPECT_EQ(mapped("value.user.tags[2]", order), "\"b\"");
  EXPECT_EQ(mapped("#value.user.tags", order), "2");
  EXPECT_EQ(mapped("value.ok", order), "true");
  EXPECT_EQ(mapped("value.no", order), "false");
  EXPECT_EQ(mapped("value.x", order), "null");
  EXPECT_EQ(mapped("value.x == null", order), "true");
  EXPECT_EQ(mapped("value.gone == nil", order), "true");
  EXPECT_EQ(mapped("value['price'] + value.id", order), "19.5");
  EXPECT_EQ(mapped("value.user.tags", order), "[\"a\",\"b\"]");
  EXPECT_EQ(mapped("value[1] == nil and value[{}] == nil", order), "true");
}

TEST(Map, ScalarsAreWhatTheyAre) {
  EXPECT_EQ(mapped("value + 1", "41"), "42");
  EXPECT_EQ(mapped("value + 1", " -1.5e1 "), "-14");
  EXPECT_EQ(mapped("value .. '!'", "\"a\\u00e9\\n\""), "\"a\xC3\xA9\\n!\"");
  EXPECT_EQ(mapped("not value", "true"), "false");
  EXPECT_EQ(mapped("value == null", "null"), "true");
  EXPECT_EQ(mapped("value == nil", kNone), "true");
  EXPECT_EQ(mapped("#value", "[1,[2,3],{}]"), "3");
  EXPECT_EQ(mapped("value.a", " {\"a\":1} "), "1");
}

TEST(Map, ResultsAreJsonOrText) {
  EXPECT_EQ(mapped("1 -- one", "1"), "1");
  EXPECT_EQ(mapped("'a\"b'", "1"), "\"a\\\"b\"");
  EXPECT_EQ(mapped("'a\"b'", "1", {{"output", "text"}}), "a\"b");
  EXPECT_EQ(mapped("'a'", "1", kText), "a");
  EXPECT_EQ(mapped("'a'", "x", {{"codec", "text"}, {"output", "json"}}), "\"a\"");
  // What is passed on as it came is no exception.
  EXPECT_EQ(mapped("value", "x", {{"codec", "text"}, {"output", "json"}}), "\"x\"");
  EXPECT_EQ(mapped("value", "\"x\"", {{"output", "text"}}), "x");
  EXPECT_EQ(mapped("1/3", "1"), "0.3333333333333333");
  EXPECT_EQ(mapped("1e300", "1"), "1e+300");
  EXPECT_EQ(mapped("2^53", "1"), "9007199254740992");
  EXPECT_EQ(mapped("0/0", "1"), "null");
  EXPECT_EQ(mapped("null", "1"), "null");
  EXPECT_EQ(mapped("nil", "1"), "");
  EXPECT_EQ(mapped("absent", "1"), "(absent)");
  EXPECT_EQ(mapped("{b = 1, a = {value, {}, array()}, c = null}", "5"),
            "{\"a\":[5,{},[]],\"b\":1,\"c\":null}");
}

TEST(Map, WhatIsPassedOnKeepsItsText) {
  EXPECT_EQ(mapped("value", "{ \"big\": 12345678901234567890, \"n\": 1.50 }"),
            "{ \"big\": 12345678901234567890, \"n\": 1.50 }");
  EXPECT_EQ(mapped("value", "1.50"), "1.50");
  EXPECT_EQ(mapped("value.in_", "{\"in_\": { \"n\":1.50 } }"), "{ \"n\":1.50 }");
  EXPECT_EQ(mapped("{x = value.in_}", "{\"in_\": { \"n\":1.50 } }"), "{\"x\":{ \"n\":1.50 }}");
  EXPECT_EQ(mapped("value", "some text", kText), "some text");
}

TEST(Map, WholeNumbersBeyond53BitsBecomeTheNearestDouble) {
  EXPECT_EQ(mapped("value.n == 9007199254740993", "{\"n\":9007199254740993}"), "true");
  EXPECT_EQ(mapped("value.n", "{\"n\":18446744073709551615}"), "18446744073709551616");
}

TEST(Map, ObjectsCanBeChangedAndWalkedThrough) {
  const auto ran = [](const std::string& body) {
    Once once("map", {{"code", "return function(key, value) " + body + " end"}},
              R"({"a":1,"b":{"c":[1,{"d":2}]},"e":null})");
    EXPECT_EQ(once.harness.error, "");
    EXPECT_EQ(once.problem, "");
    return once.out;
  };
  EXPECT_EQ(ran("value.f = 5 return value"), R"({"a":1,"b":{"c":[1,{"d":2}]},"e":null,"f":5})");
  EXPECT_EQ(ran("value.a = nil return value"), R"({"b":{"c":[1,{"d":2}]},"e":null})");
  EXPECT_EQ(ran("value.a = nil return value.a == nil"), "true");
  EXPECT_EQ(ran("value.b.x = 1 return value"), R"({"a":1,"b":{"c":[1,{"d":2}],"x":1},"e":null})");
  EXPECT_EQ(ran("value.b.c[2].d = 3 return value.b"), R"({"c":[1,{"d":3}]})");
  EXPECT_EQ(ran("table.insert(value.b.c, 9) return value"),
            R"({"a":1,"b":{"c":[1,{"d":2},9]},"e":null})");
  EXPECT_EQ(ran("local n = {} for k in pairs(value) do n[#n + 1] = k end table.sort(n) return n"),
            R"(["a","b","e"])");
  EXPECT_EQ(ran("return next(value.b) .. type(value) .. tostring(getmetatable(value))"),
            "\"ctablenil\"");
  EXPECT_EQ(ran("local s = 0 for _, x in ipairs(value.b.c) do s = s + (tonumber(x) or 10) end "
                "return s"),
            "11");
  EXPECT_EQ(ran("return tostring(value.b)"), R"("{\"c\":[1,{\"d\":2}]}")");
  EXPECT_EQ(ran("return json.decode('[1,{\"a\":null}]')[2].a == null"), "true");
  EXPECT_EQ(ran("return json.encode({1, 'x', value.b})"), R"("[1,\"x\",{\"c\":[1,{\"d\":2}]}]")");
}

TEST(Map, ObjectsBecomeTablesForFunctionsThatLookAtNoMetatable) {
  EXPECT_EQ(mapped("setmetatable(value, nil)", "{\"a\":1}"), "{\"a\":1}");
  EXPECT_EQ(mapped("array(value)", "{\"a\":1}"), "{\"a\":1}");
  EXPECT_EQ(mapped("array(value)", "{}"), "[]");
  EXPECT_EQ(
      mapped("(function() table.insert(value, 5) return value[1] + value.a end)()", "{\"a\":1}"),
      "6");
  EXPECT_EQ(mapped("(function() local t = {1, 3} table.insert(t, 2, 2) table.insert(t, 4) "
                   "return t end)()",
                   "0"),
            "[1,2,3,4]");
}

TEST(Map, EscapesAndDuplicateNamesAreUnderstood) {
  EXPECT_EQ(mapped("value['a\"b'] + value['\\195\\169']", R"({"a\"b":1,"\u00e9":2})"), "3");
  EXPECT_EQ(mapped("value.a", R"({"a":1,"a":2})"), "1");
  EXPECT_EQ(mapped("(function() value.b = 0 return value end)()", R"({"a":1,"a":2})"),
            R"({"a":1,"b":0})");
}

TEST(Map, WhatIsNoJsonIsRejected) {
  EXPECT_EQ(mapped("value", "plain"),
            "rejected: expr: the value is not JSON: there is no value at byte 0");
  EXPECT_EQ(mapped("value", ""),
            "rejected: expr: the value is not JSON: there is no value at its end");
  EXPECT_EQ(mapped("value.a", "{\"a\":1"),
            "rejected: expr:1: the value is not JSON: an object or array is not closed at its end");
  EXPECT_EQ(mapped("value.a", "{\"a\" 1}"),
            "rejected: expr:1: the value is not JSON: a colon is missing at byte 5");
  EXPECT_NE(mapped("value.a", "{\"a\":\"\xFF\"}").find("rejected"), std::string::npos);
  EXPECT_NE(mapped("#value", std::string(100000, '[') + std::string(100000, ']'))
                .find("nested deeper than 200"),
            std::string::npos);
}

TEST(Map, AnyChangedByteIsRejectedOrRead) {
  const std::string good = R"({"a":{"b":[1,"x\u00e9",{"c":null}]},"d":-1.5e3,"e":"\"","f":true})";
  ComponentHarness h("map", with_limits({{"code", R"(
    local function walk(x, n)
      if type(x) == "table" then for k, v in pairs(x) do n = walk(v, n + 1) end end
      return n
    end
    return function(key, value)
      local lazy = value.a and value.a.b and value.a.b[3] and value.f
      return { walk(value, 0), lazy or null, value.zz or null, value }
    end)"}}));
  ASSERT_EQ(h.error, "");
  Records records;
  for (size_t i = 0; i < good.size(); ++i) {
    records.push_back({"k", good.substr(0, i)});
    for (const char c : std::string("{}[],:\"\\ \n0a\0\xff-", 15)) {
      std::string bad = good;
      bad[i] = c;
      records.push_back({"k", bad});
    }
  }
  ASSERT_EQ(h.process(records), SH_OK);
  EXPECT_EQ(h.out.size() + h.rejected.size(), records.size());
}

TEST(Map, NeighboursOfABadRecordAreDone) {
  ComponentHarness h("map", with_limits({{"expr", "value.a + 1"}}));
  ASSERT_EQ(h.process({{"k", "{\"a\":1}", 5, {{"h", "v"}}},
                       {"k", "x"},
                       {kNone, "{\"a\":\"q\"}"},
                       {"k", "{\"a\":3}"}}),
            SH_OK);
  EXPECT_EQ(h.out, (Records{{"k", "2", 5, {{"h", "v"}}}, {"k", "4"}}));
  EXPECT_EQ(h.hashes[0], 77u);
  ASSERT_EQ(h.rejected.size(), 2u);
  EXPECT_EQ(h.rejected[1], "expr:1: attempt to perform arithmetic on field 'a' (a string value)");
}

TEST(Map, LinesBehindOneAnotherAreReadInOneGo) {
  std::string text;
  std::vector<size_t> starts;
  for (int i = 0; i < 3000; ++i) {
    starts.push_back(text.size());
    text += "{\"n\":" + std::to_string(i) + ",\"s\":\"x\"}\n";
  }
  ComponentHarness h("map", with_limits({{"expr", "value.n"}}));
  Records records;
  for (size_t i = 0; i < starts.size(); ++i) {
    const size_t end = i + 1 < starts.size() ? starts[i + 1] : text.size();
    records.push_back({"k", text.substr(starts[i], end - starts[i] - 1)});
  }
  ASSERT_EQ(h.process(records), SH_OK);
  ASSERT_EQ(h.out.size(), 3000u);
  for (int i = 0; i < 3000; ++i) EXPECT_EQ(h.out[static_cast<size_t>(i)].value, std::to_string(i));
}

TEST(Map, KeyAndTimestampAreThere) {
  EXPECT_EQ(mapped("key .. timestamp", "1"), "\"k1000\"");
  ComponentHarness h("map", with_limits({{"expr", "{key == nil, timestamp == nil}"}}));
  ASSERT_EQ(h.process({{kNone, "1"}}), SH_OK);
  EXPECT_EQ(h.out[0].value, "[true,true]");
}

TEST(Map, AnObjectOfAnEarlierRecordIsAClearError) {
  ComponentHarness h("map", with_limits({{"code",
                                          "local last return function(key, value) local x = last "
                                          "and last.a last = value return x or 0 end"}}));
  ASSERT_EQ(h.process({{"k", "{\"a\":1}"}, {"k", "{\"a\":2}"}}), SH_OK);
  EXPECT_EQ(h.rejected,
            (std::vector<std::string>{
                "code:1: this JSON object belongs to an earlier record: keep the fields "
                "that are needed, not the object"}));
}

TEST(Map, PrintGoesToTheLog) {
  Once once("map", {{"expr", "print(key, value, null, 1.5)"}}, "{\"a\":1}");
  EXPECT_EQ(once.harness.logged, (std::vector<std::string>{"k\t{\"a\":1}\tnull\t1.5"}));
}

TEST(Map, LargeResultsArePutOutWhole) {
  EXPECT_EQ(mapped("('x'):rep(3000000)", "1", kText), std::string(3000000, 'x'));
}

TEST(Filter, PassesWhatHolds) {
  const auto passed = [](const std::string& expr, Options more) {
    more["expr"] = expr;
    ComponentHarness h("filter", with_limits(std::move(more)));
    EXPECT_EQ(h.error, "");
    EXPECT_EQ(h.process({{"a", "99"}, {"b", "101"}, {"c", "x"}, {"d", kNone}, {"e", "0x70"}}),
              SH_OK);
    std::string keys;
    for (const TestRecord& r : h.out) keys += r.key.value();
    return keys;
  };
  EXPECT_EQ(passed("(tonumber(value) or 0) > 100", kText), "be");
  EXPECT_EQ(passed("tonumber(value) and tonumber(value) > 100", kText), "be");
  EXPECT_EQ(passed("value ~= 'x'", kText), "abde");
  EXPECT_EQ(passed("'x' == value or value == [[99]]", kText), "ac");
  EXPECT_EQ(passed("value == 'x' .. ''", kText), "c");
  EXPECT_EQ(passed("not (value == 'x')", kText), "abde");
  EXPECT_EQ(passed("value == nil", kText), "d");
  EXPECT_EQ(passed("(function(value) return value == 'x' end)('x')", kText), "abcde");
  EXPECT_EQ(passed("key ~= 'b'", {}), "acde");
  EXPECT_EQ(passed("true", {}), "abcde");
  EXPECT_EQ(passed("nil", {}), "");
  EXPECT_EQ(passed("null", {}), "");
}

TEST(Branch, RecordsTakeOneOfTwoWays) {
  ComponentHarness h("branch", with_limits({{"expr", "value.n > 1"}}));
  ASSERT_EQ(h.process({{"a", "{\"n\":1}"}, {"b", "{\"n\":2}"}, {"c", "{\"n\":3}"}, {"d", "{}"}}),
            SH_OK);
  // The first port's records come first.
  Records expected{{"b", "{\"n\":2}"}, {"c", "{\"n\":3}"}, {"a", "{\"n\":1}"}};
  expected[2].port = 1;
  EXPECT_EQ(h.out, expected);
  EXPECT_EQ(h.rejected.size(), 1u);
}

TEST(FlatMap, AnObjectIsNoArray) {
  EXPECT_EQ(Once("flat_map", {{"expr", "{a = 1}"}}, "1").problem,
            "expr: the result must be an array of values, not a table with other keys");
  EXPECT_EQ(Once("flat_map", {{"expr", "{}"}}, "1").problem, "");
}

TEST(FlatMap, AnArrayWithAHoleIsAnError) {
  for (const char* array : {"{1, value > 9 and 2 or nil, 3}", "{1, nil, 3, 4}", "{[2] = 1}"}) {
    const Once once("flat_map", {{"expr", array}}, "7");
    EXPECT_EQ(once.out, "") << array;
    EXPECT_TRUE(once.problem.starts_with("expr: the result must be an array of values")) << array;
  }
  const Once filled("flat_map",
                    {{"code", "return function() local t = {1, 2, 3, 4} t[2] = nil return t end"}},
                    "7");
  EXPECT_EQ(filled.out, "");
  EXPECT_EQ(filled.problem,
            "code: the result must be an array of values, and some of its keys are not 1, 2, 3 and "
            "so on: is there a nil in it?");
}

TEST(FlatMap, PutsOutAllOrNothing) {
  const Once once("flat_map", {{"expr", "{1, {2}, {3, {x = print}}}"}}, "7");
  EXPECT_EQ(once.out, "");
  EXPECT_EQ(once.problem,
            "expr: the result, item 3: a function cannot be written as JSON (at [2].x)");
  EXPECT_EQ(
      Once("flat_map", {{"expr", "{value, absent, {value.a}, 'x', value.a}"}}, "{\"a\":{ }}").out,
      "{\"a\":{ }} | (absent) | [{ }] | \"x\" | { }");
}

TEST(FlatMap, PutsOutTheItemsOfAnArray) {
  Once items("flat_map", {{"expr", "value.items"}}, "{\"items\":[1,\"a\",{ \"x\":1.0},null,[]]}");
  EXPECT_EQ(items.out, "1 | \"a\" | { \"x\":1.0} | null | []");
  EXPECT_EQ(Once("flat_map", {{"expr", "{}"}}, "1").out, "");
  EXPECT_EQ(Once("flat_map", {{"expr", "nil"}}, "1").out, "");
  EXPECT_EQ(Once("flat_map", {{"expr", "'abc'"}}, "1").problem,
            "expr: the result must be an array of values, not a string");
  Once words(
      "flat_map",
      {{"code",
        "return function(key, value)\n  local words = {}\n  for w in value:gmatch('%a+') do\n"
        "    words[#words + 1] = w:lower()\n  end\n  return words\nend"},
       {"codec", "text"}},
      "To be, or not");
  EXPECT_EQ(words.out, "to | be | or | not");
}

TEST(KeyOn, TheKeyIsAStringOrANumber) {
  ComponentHarness h("key_on", with_limits({{"expr", "value.k"}}));
  ASSERT_EQ(h.process({{"old", "{\"k\":\"new\"}", 3},
                       {kNone, "{\"k\":1.5}"},
                       {"x", "{\"k\":true}"},
                       {"x", "{}"},
                       {"x", "{\"k\":{}}"},
                       {"x", "{\"k\":null}"}}),
            SH_OK);
  EXPECT_EQ(h.out, (Records{{"new", "{\"k\":\"new\"}", 3}, {"1.5", "{\"k\":1.5}"}}));
  EXPECT_EQ(h.hashes, (std::vector<uint64_t>{0, 0}));
  EXPECT_EQ(h.rejected,
            (std::vector<std::string>{"expr: the key must be a string or a number, not true",
                                      "expr: the key must be a string or a number, not nil",
                                      "expr: the key must be a string or a number, not a table",
                                      "expr: the key must be a string or a number, not null"}));
}

TEST(KeyOn, TheKeyIsNoNumberWithoutDigits) {
  EXPECT_EQ(Once("key_on", {{"expr", "0/0"}}, "1").problem,
            "expr: the key must be a string or a number, not nan");
  EXPECT_EQ(Once("key_on", {{"expr", "-1/0"}}, "1").problem,
            "expr: the key must be a string or a number, not -inf");
}

TEST(KeyOn, TheKeyIsUtf8) {
  EXPECT_EQ(Once("key_on", {{"expr", "'\\255'"}}, "1").problem, "expr: the key is not UTF-8");
}

TEST(Script, ComesFromAFile) {
  const std::string path = ::testing::TempDir() + std::to_string(::getpid()) + "-price.lua";
  std::ofstream(path)
      << "local factor = 2\nreturn function(key, value)\n  return value.a.b * factor\nend\n";
  Once good("map", {{"script", path}}, "{\"a\":{\"b\":4}}");
  EXPECT_EQ(good.out, "8");
  Once bad("map", {{"script", path}}, "{}");
  EXPECT_EQ(bad.problem,
            std::to_string(::getpid()) + "-price.lua:3: attempt to index field 'a' (a nil value)");
  std::remove(path.c_str());
  ComponentHarness gone("map", with_limits({{"script", path}}));
  EXPECT_NE(gone.error.find("cannot be read: No such file"), std::string::npos) << gone.error;
}

TEST(Script, WhatEditorsAndShellsPutInFrontIsNoPartOfIt) {
  const std::string name = std::to_string(::getpid()) + "-front.lua";
  const std::string path = ::testing::TempDir() + name;
  for (const char* front :
       {"\xEF\xBB\xBF\n", "#!/usr/bin/luajit\n", "\xEF\xBB\xBF# -*- lua -*-\n"}) {
    std::ofstream(path) << front << "return function(key, value) return value.a.b end\n";
    Once good("map", {{"script", path}}, "{\"a\":{\"b\":4}}");
    EXPECT_EQ(good.harness.error, "");
    EXPECT_EQ(good.out, "4");
    EXPECT_EQ(Once("map", {{"script", path}}, "{}").problem,
              name + ":2: attempt to index field 'a' (a nil value)");
  }
  std::remove(path.c_str());
}

TEST(Script, MistakesAreFoundWhenItIsMade) {
  const auto error = [](Options options) {
    return ComponentHarness("map", with_limits(std::move(options))).error;
  };
  EXPECT_EQ(error({}), "give one of expr, code and script");
  EXPECT_EQ(error({{"expr", "1"}, {"code", "2"}}), "give only one of expr, code and script");
  EXPECT_EQ(error({{"expr", ""}}), "expr:1: unexpected symbol near ')'");
  EXPECT_EQ(error({{"expr", "1, 2"}}), "expr:1: ')' expected near ','");
  EXPECT_EQ(error({{"expr", "value +"}}), "expr:1: unexpected symbol near '<eof>'");
  EXPECT_EQ(error({{"expr", "1 end return function() return 2"}}),
            "expr:1: '<eof>' expected near 'end'");
  EXPECT_EQ(error({{"code", "return function()\n  while true od\nend"}}),
            "code:2: 'do' expected near 'od'");
  EXPECT_EQ(error({{"code", "x = 1"}}),
            "code: it must return a function of (key, value, timestamp), not a nil");
  EXPECT_EQ(error({{"code", "\n\nerror('no')"}}), "code:3: no");
  EXPECT_EQ(error({{"code", "\x1bLJ"}}), "code: attempt to load chunk with wrong mode");
  EXPECT_EQ(
      error({{"code", "while true do end"}}),
      "code:1: the script does not come to an end: more than 1000000 loop rounds and calls for "
      "one record (instruction_limit)");
}

}  // namespace
}  // namespace streamhost::lua
