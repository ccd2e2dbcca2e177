#include "state_codec.h"

#include <gtest/gtest.h>

namespace streamhost::lua {
namespace {

class StateCodecTest : public ::testing::Test {
 protected:
  StateCodecTest() : L(luaL_newstate()), values(call, marks), codec(values, marks) {
    luaL_openlibs(L);
    for (auto [ref, at] : {std::pair{&marks.lazy, &marks.lazy_at}, {&marks.list, &marks.list_at}}) {
      lua_newtable(L);
      *at = lua_topointer(L, -1);
      *ref = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    marks.null_at = lua_newuserdata(L, 0);
    lua_pushvalue(L, -1);
    lua_setglobal(L, "null");
    marks.null = luaL_ref(L, LUA_REGISTRYINDEX);
    call.base = 1;
  }
  ~StateCodecTest() override { lua_close(L); }

  // The bytes of what the chunk returns; empty with codec.problem() set.
  std::string saved(const std::string& chunk) {
    EXPECT_EQ(luaL_dostring(L, chunk.c_str()), 0) << lua_tostring(L, -1);
    std::string bytes;
    const bool good = codec.save(L, -1, bytes);
    lua_settop(L, 0);
    return good ? bytes : "";
  }
  std::string problem(const std::string& chunk) {
    return saved(chunk).empty() ? codec.problem() : "";
  }
  // Whether `condition` holds for the restored value s.
  bool restores(const std::string& bytes, const std::string& condition) {
    if (!codec.restore(L, bytes)) return false;
    lua_setglobal(L, "s");
    EXPECT_EQ(luaL_dostring(L, ("return " + condition).c_str()), 0) << lua_tostring(L, -1);
    const bool holds = lua_toboolean(L, -1) != 0;
    lua_settop(L, 0);
    return holds;
  }
  std::string refusal(const std::string& bytes) {
    const bool good = codec.restore(L, bytes);
    lua_settop(L, 0);
    return good ? "" : codec.problem();
  }

  lua_State* L;
  Marks marks;
  Call call;
  JsonValues values;
  StateCodec codec;
};

TEST_F(StateCodecTest, WritesWhatTheHeaderSays) {
  EXPECT_EQ(saved("return {7, n = true}"), std::string("\x01\x06\x01\x03\x0e\x01\x05\x01n\x02"));
}

TEST_F(StateCodecTest, BringsEveryKindOfValueBack) {
  EXPECT_TRUE(restores(saved("return nil"), "s == nil"));
  EXPECT_TRUE(restores(saved("return false"), "s == false"));
  EXPECT_TRUE(restores(saved("return null"), "s == null"));
  EXPECT_TRUE(restores(saved("return -1.5"), "s == -1.5"));
  EXPECT_TRUE(restores(saved("return -2^53"), "s == -2^53"));
  EXPECT_TRUE(restores(saved("return 2^70"), "s == 2^70"));
  EXPECT_TRUE(restores(saved("return -1/0"), "s == -1/0"));
  EXPECT_TRUE(restores(saved("return 0/0"), "s ~= s"));
  EXPECT_TRUE(restores(saved("return -0"), "1/s == -1/0"));
  EXPECT_TRUE(restores(saved("return ('a\\0b'):rep(1000)"), "s == ('a\\0b'):rep(1000)"));
  EXPECT_TRUE(
      restores(saved("return {1, {2, x = {}}, 'c', [10] = 10, [-1] = 'm', [0.5] = 'h', "
                     "[true] = 't'}"),
               "s[1] == 1 and s[2][1] == 2 and next(s[2].x) == nil and #s == 3 and s[10] == 10 "
               "and s[-1] == 'm' and s[0.5] == 'h' and s[true] == 't'"));
  EXPECT_TRUE(restores(saved("local t = {} for i = 1, 70000 do t[i] = i end return t"),
                       "#s == 70000 and s[70000] == 70000"));
  EXPECT_TRUE(restores(saved("local t = {} for i = 1, 100 do t = {t} end return t"), "s[1][1][1]"));
}

TEST_F(StateCodecTest, WhatCannotBeKeptIsNamedWithItsPath) {
  EXPECT_EQ(
      problem("return {a = {1, print}}"),
      "state.a[2] is a function: only nil, booleans, numbers, strings and tables of them can be "
      "kept");
  EXPECT_EQ(problem("local t = {b = {}} t.b.c = t return t"),
            "state.b.c is a table that contains itself");
  EXPECT_EQ(problem("return {[{}] = 1}"),
            "state[table] has a table as key: only strings, numbers and booleans can be kept");
  EXPECT_EQ(problem("return {x = setmetatable({}, {})}"),
            "state.x is a table with a metatable, which cannot be kept");
  EXPECT_EQ(problem("local t = {} for i = 1, 300 do t = {t} end return t"),
            "the state is nested deeper than 200 levels");
}

TEST_F(StateCodecTest, OneTableInTwoPlacesBecomesTwo) {
  EXPECT_TRUE(restores(saved("local t = {5} return {t, t}"), "s[1][1] == 5 and s[1] ~= s[2]"));
}

TEST_F(StateCodecTest, AnotherFormatIsRefused) {
  EXPECT_EQ(refusal("\x02\x01"), "the saved state has format 2; this version reads 1");
}

TEST_F(StateCodecTest, DamagedBytesAreRefused) {
  const std::string good = saved("return {1, 2.5, 'text', {a = true, [7] = null}, false}");
  for (size_t n = 0; n < good.size(); ++n) EXPECT_NE(refusal(good.substr(0, n)), "") << n;
  EXPECT_NE(refusal(good + "x"), "");
  const std::string one("\x01", 1), huge("\xff\xff\xff\xff\xff\xff\xff\xff\x7f");
  EXPECT_NE(refusal(one + "\x05" + huge), "");
  EXPECT_NE(refusal(one + "\x06" + huge), "");
  EXPECT_NE(refusal(one + std::string("\x06\x00", 2) + huge), "");
  EXPECT_NE(refusal(one + std::string("\x06\x00\x01\x00\x01", 5)), "");  // nil as a key
  EXPECT_NE(refusal(one + "\x63"), "");
  std::string nan_key =
      one + std::string("\x06\x00\x01\x04", 4) + std::string(6, '\xff') + "\xff\x7f" + "\x01";
  EXPECT_NE(refusal(nan_key), "");
  std::string deep = one;
  for (int i = 0; i < 100000; ++i) deep += "\x06\x01";
  EXPECT_NE(refusal(deep), "");
}

TEST_F(StateCodecTest, AnyChangedByteIsRefusedOrRead) {
  const std::string good =
      saved("return {1, 2.5, 'some text', {a = true, b = {c = {1, 2, 3}}, [7] = null}, false}");
  for (size_t i = 0; i < good.size(); ++i) {
    for (int c = 0; c < 256; ++c) {
      std::string bytes = good;
      bytes[i] = static_cast<char>(c);
      refusal(bytes);
    }
  }
}

}  // namespace
}  // namespace streamhost::lua
