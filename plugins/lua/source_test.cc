#include "source.h"

#include <gtest/gtest.h>

namespace streamhost::lua {
namespace {

std::string spaced(std::string_view source) {
  std::string all;
  for (const Token& t : tokens_of(source)) all += (all.empty() ? "" : " ") + std::string(t.text);
  return all;
}

TEST(Tokens, AreThoseOfLua) {
  EXPECT_EQ(spaced("a.b=1..2"), "a . b = 1..2");
  EXPECT_EQ(spaced("a..b ~=[[x]]..'y\\'z'--c\n+0x1p-4-1e+5 ...::x::"),
            "a .. b ~= [[x]] .. 'y\\'z' + 0x1p-4 - 1e+5 ... :: x ::");
  EXPECT_EQ(spaced("--[==[ do ]] \n]==] x[1] -- end"), "x [ 1 ]");
  EXPECT_EQ(spaced("'open"), "'open");
  EXPECT_EQ(spaced("[==[open"), "[==[open");
}

TEST(Ticks, ComeIntoEveryLoopAndFunction) {
  EXPECT_EQ(with_ticks("while x do f() end", "T"), "while x do T(); f() end");
  EXPECT_EQ(with_ticks("repeat until x", "T"), "repeat T(); until x");
  EXPECT_EQ(with_ticks("local function f(a, ...) end", "T"), "local function f(a, ...) T(); end");
  EXPECT_EQ(with_ticks("function a.b:c() return end", "T"), "function a.b:c() T(); return end");
  EXPECT_EQ(with_ticks("if x then goto y end", "T"), "if x then T(); goto y end");
  EXPECT_EQ(with_ticks("x.go = 'do' -- do", "T"), "x.go = 'do' -- do");
}

TEST(TextExpression, NeedsNoStringForNumbersAndComparisons) {
  const auto of = [](std::string_view source) {
    const TextExpression e = text_expression(source, "N", "I");
    return (e.needs_value ? "value: " : "") + e.source;
  };
  EXPECT_EQ(of("tonumber(value) > 100"), "N() > 100");
  EXPECT_EQ(of("value ~= 'x' and (\"y\" == value or key)"), "(not I('x')) and (I(\"y\") or key)");
  EXPECT_EQ(of("f(value == [[x]], tonumber ( value ))"), "f(I([[x]]), N())");
  EXPECT_EQ(of("key == 'value'"), "key == 'value'");
  for (const char* same :
       {"not value == 'x'", "'a' .. value == 'x'", "value == 'x' .. y", "value == 'x' == true",
        "#value > 3", "x.tonumber(value)", "value == y",
        "(function(value) return value == 'x' end)(1)", "tonumber(value, 16)", "-value == 'x'"}) {
    EXPECT_EQ(of(same), std::string("value: ") + same);
  }
}

TEST(Expressions, OneIsToldFromSeveral) {
  for (const char* one :
       {"a", "f(a, b)", "{a, b}", "x[f(1, 2)]", "'a, b'",
        "(function(a, b) if a then for i = 1, 2 do end end return a, b end)(1)"}) {
    EXPECT_TRUE(is_single_expression(one)) << one;
  }
  for (const char* two : {"a, b", "f(a), 1", "function() return 1 end, 2",
                          "function() while x do repeat local y until z end end, 2",
                          "function() if a then elseif b then else end end, 2"}) {
    EXPECT_FALSE(is_single_expression(two)) << two;
  }
}

TEST(Uses, AVariableIsUsedWholeOrByItsFields) {
  const auto whole = [](std::string_view source) { return is_used_whole(tokens_of(source), "v"); };
  EXPECT_FALSE(whole("function(k, v) return v.a + v['b'] + x.v end"));
  EXPECT_TRUE(whole("function(k, v) return v end"));
  EXPECT_TRUE(whole("f(v, v.a)"));
  EXPECT_TRUE(whole("v:x()"));
}

}  // namespace
}  // namespace streamhost::lua
