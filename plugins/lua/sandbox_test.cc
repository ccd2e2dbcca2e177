// Scripts that do what they should not: a clear message each, and the next record goes well.
#include "test_support.h"

namespace streamhost::lua {
namespace {

// What is said of a record that `body` cannot do; the one behind it must go well.
std::string problem_of(const std::string& body, Options more = {}) {
  more["code"] =
      "local done = false return function(key, value) if done then return 1 end\ndone = true\n" +
      body + "\nend";
  ComponentHarness h("map", with_limits(std::move(more)));
  EXPECT_EQ(h.error, "");
  EXPECT_EQ(h.process({{"k", "{\"a\":1}"}, {"k", "{\"a\":2}"}}), SH_OK);
  EXPECT_EQ(h.out.empty() ? "nothing" : h.out.back().value, "1");
  return h.rejected.empty() ? "" : h.rejected[0];
}

constexpr const char* kRunaway =
    "the script does not come to an end: more than 1000000 loop rounds and calls for one record "
    "(instruction_limit)";

TEST(Runaway, LoopsOfEveryKindEnd) {
  EXPECT_EQ(problem_of("while true do end"), std::string("code:3: ") + kRunaway);
  EXPECT_EQ(problem_of("repeat until false"), std::string("code:3: ") + kRunaway);
  EXPECT_EQ(problem_of("for i = 1, math.huge do end"), std::string("code:3: ") + kRunaway);
  EXPECT_EQ(problem_of("::again:: goto again"), std::string("code:3: ") + kRunaway);
  EXPECT_EQ(problem_of("local x = 0\nwhile x >= 0 do\nx = x + 1\nend"),
            std::string("code:4: ") + kRunaway);
  EXPECT_EQ(problem_of("for k in function() return 1 end do end"),
            std::string("code:3: ") + kRunaway);
}

TEST(Runaway, EndlessCallsEnd) {
  EXPECT_EQ(problem_of("local function f() return f() end f()"),
            std::string("code:3: ") + kRunaway);
  EXPECT_EQ(problem_of("local t = setmetatable({}, {__index = function(t, k) return t, 1 end}) "
                       "while t.x do end"),
            std::string("code:3: ") + kRunaway);
}

TEST(Runaway, CannotBeCaught) {
  EXPECT_EQ(problem_of("while true do pcall(function() while true do end end) end"),
            std::string("code:3: ") + kRunaway);
  EXPECT_EQ(problem_of("while true do xpcall(function() while true do end end, print) end"),
            std::string("code:3: ") + kRunaway);
}

TEST(Runaway, TheCountBeginsAnewWithEachRecord) {
  ComponentHarness h("map",
                     with_limits({{"code",
                                   "return function(key, value) local s = 0 for i = 1, 900000 "
                                   "do s = s + i end return s end"}}));
  ASSERT_EQ(h.process({{"k", "1"}, {"k", "1"}, {"k", "1"}}), SH_OK);
  EXPECT_TRUE(h.rejected.empty());
}

TEST(Runaway, LinesStayWhatTheyAre) {
  EXPECT_EQ(problem_of("for i = 1, 3 do\n  local f = function(a,\n    b)\n    if i == 2 then\n"
                       "      error('here')\n    end\n  end\n  f()\nend"),
            "code:7: here");
}

TEST(Runaway, WordsInTextsAreNoLoops) {
  EXPECT_EQ(
      problem_of("local t = {['do'] = [==[ repeat function( ]==], s = 'do \\' do'} -- while do\n"
                 "--[[ do ]] local goto_ = 1\nfor _ = 1, 2 do do goto continue end local z "
                 "::continue:: end\nreturn #t.s"),
      "");
}

TEST(Recursion, TooDeepIsAnError) {
  EXPECT_EQ(problem_of("local function f() return 1 + f() end f()"), "code:3: stack overflow");
  EXPECT_EQ(problem_of("local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) "
                       "return t[k .. 'x'] end return t.a"),
            "code:3: stack overflow");
  EXPECT_NE(problem_of("local function f() table.sort({1, 2, 3}, f) return true end f()")
                .find("stack overflow"),
            std::string::npos);
  EXPECT_NE(
      problem_of("local mt = {} mt.__tostring = function() return (tostring(setmetatable({}, mt))) "
                 "end tostring(setmetatable({}, mt))")
          .find("stack overflow"),
      std::string::npos);
}

TEST(Recursion, ThroughGsubDoesNotCrash) {
  EXPECT_EQ(problem_of("local function f(s) return (s:gsub('.', f)) end f('x')"),
            "code:3: string.gsub is called within itself too deeply");
  EXPECT_EQ(problem_of("local function f(s) return (s:gsub('.', setmetatable({}, {__index = "
                       "function(t, s) return f(s) end}))) end f('x')"),
            "code:3: string.gsub is called within itself too deeply");
  EXPECT_EQ(
      problem_of("for i = 1, 200 do pcall(string.gsub, 'x', '.', function() error('x') end) end "
                 "return (('abc'):gsub('.', function(c) return c:upper() end))"),
      "");
}

TEST(Memory, TooMuchIsAnError) {
  // With the line where Lua knows it.
  const auto expect = [](const std::string& body) {
    const std::string problem = problem_of(body, {{"instruction_limit", "100000000"}});
    EXPECT_TRUE(problem.starts_with("code:")) << problem;
    EXPECT_TRUE(problem.ends_with(
        ": the script needs more memory than the 64 MiB it may use (memory_limit)"))
        << problem;
  };
  expect("return ('x'):rep(1e9)");
  expect("local t = {} for i = 1, 1e9 do t[i] = {i} end");
  expect("local s = 'x' while true do s = s .. s end");
  expect("local t = {} for i = 1, 40 do t[i] = ('x'):rep(2^20) .. i end return table.concat(t)");
  expect("local t = {} for i = 1, 1e9 do pcall(function() t[i] = ('x'):rep(1e6) .. i end) end");
}

TEST(Memory, RubbishIsCollectedInTime) {
  ComponentHarness h("map", with_limits({{"expr", "#(('x'):rep(100000) .. key)"}}));
  for (int i = 0; i < 40; ++i) {
    Records records;
    for (int k = 0; k < 100; ++k) records.push_back({std::to_string(i * 100 + k), "1"});
    ASSERT_EQ(h.process(records), SH_OK);
  }
  EXPECT_EQ(h.out.size(), 4000u);
  EXPECT_TRUE(h.rejected.empty()) << h.rejected[0];
}

TEST(Errors, OfAnyKindAreTold) {
  EXPECT_EQ(problem_of("error('bad price')"), "code:3: bad price");
  EXPECT_EQ(problem_of("error('bad price', 0)"), "code:3: bad price");
  EXPECT_EQ(problem_of("error({code = 1})"),
            "code:3: an error was raised with a table instead of a message");
  EXPECT_EQ(problem_of("error()"), "code:3: an error was raised with a nil instead of a message");
  EXPECT_EQ(problem_of("error(setmetatable({}, {__tostring = function() return 'mine' end}))"),
            "code:3: mine");
  EXPECT_EQ(problem_of("error(setmetatable({}, {__tostring = function() error('again') end}))"),
            "code:3: an error was raised with a table instead of a message");
  EXPECT_EQ(problem_of("error(setmetatable({}, {__tostring = function() while true do end end}))"),
            "code:3: an error was raised with a table instead of a message");
  EXPECT_EQ(problem_of("return value.a.b.c"),
            "code:3: attempt to index field 'a' (a number value)");
  EXPECT_EQ(problem_of("return null.x"),
            "code:3: attempt to index global 'null' (a userdata value)");
  EXPECT_EQ(problem_of("local x = pairs(nil)"),
            "code:3: bad argument #1 to 'pairs' (table expected, got nil)");
  EXPECT_EQ(problem_of("local x = ('x'):rep()"),
            "code:3: bad argument #1 to 'rep' (number expected, got no value)");
}

TEST(Errors, ResultsThatCannotBeWritten) {
  EXPECT_EQ(problem_of("return print"), "code: the result: a function cannot be written as JSON");
  EXPECT_EQ(problem_of("return {a = {1, {b = print}}}"),
            "code: the result: a function cannot be written as JSON (at a[2].b)");
  EXPECT_EQ(problem_of("local t = {} t.t = t return t"),
            "code: the result: a table is nested deeper than 200 levels, or contains itself");
  EXPECT_EQ(problem_of("return {[true] = 1}"),
            "code: the result: a table has a boolean as key, where JSON needs strings");
  EXPECT_EQ(problem_of("return {1, a = 2}"),
            "code: the result: a table has both strings and numbers as keys");
  EXPECT_EQ(problem_of("return {[7] = 1}"),
            "code: the result: a table has numbers as keys that are not 1, 2, 3 and so on; use "
            "tostring()");
  EXPECT_EQ(problem_of("return {absent}"),
            "code: the result: absent has no place within a value (at [1])");
}

TEST(Sandbox, HidesWhatReachesOutside) {
  for (const char* name : {"io",        "debug",     "package",        "require",    "ffi",
                           "jit",       "load",      "loadstring",     "loadfile",   "dofile",
                           "setfenv",   "getfenv",   "collectgarbage", "newproxy",   "coroutine",
                           "rawset",    "rawget",    "module",         "os.execute", "os.exit",
                           "os.getenv", "os.remove", "string.dump",    "_G.io"}) {
    Once once("map", {{"expr", std::string(name) + " == nil"}}, "1");
    EXPECT_EQ(once.out, "true") << name;
  }
  for (const char* name :
       {"os.time", "os.clock", "os.date", "math.floor", "bit.band", "string.format", "table.concat",
        "table.sort", "pcall", "select", "unpack"}) {
    Once once("map", {{"expr", "type(" + std::string(name) + ")"}}, "1");
    EXPECT_EQ(once.out, "\"function\"") << name;
  }
  EXPECT_EQ(problem_of("return setmetatable(value, {})"), "");
  EXPECT_EQ(problem_of("getmetatable('').__index = nil").substr(0, 8), "code:3: ");
}

}  // namespace
}  // namespace streamhost::lua
