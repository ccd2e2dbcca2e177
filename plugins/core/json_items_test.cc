#include "json_items.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace streamhost::core {
namespace {

std::vector<std::string> items(std::string_view text, bool is_array = true) {
  std::vector<std::string> result;
  JsonItems items(text);
  while (items.next()) result.emplace_back(items.value());
  EXPECT_EQ(items.done(), is_array) << text;
  return result;
}

using Items = std::vector<std::string>;

TEST(JsonItems, AreWhatStandsBetweenTheCommas) {
  EXPECT_EQ(items("[1,\"a\",null,true]"), (Items{"1", "\"a\"", "null", "true"}));
  EXPECT_EQ(items(" [ 1 ,\n2 ] "), (Items{"1", "2"}));
  EXPECT_EQ(items("[]"), Items{});
  EXPECT_EQ(items("[ ]"), Items{});
}

TEST(JsonItems, CommasInsideOfElementsDoNotCount) {
  EXPECT_EQ(items("[[1,2],{\"a\":[3,4],\"b\":5},\"x,y\"]"),
            (Items{"[1,2]", "{\"a\":[3,4],\"b\":5}", "\"x,y\""}));
  EXPECT_EQ(items("[\"\\\",\\\\\",\"]\",\"[{\"]"), (Items{"\"\\\",\\\\\"", "\"]\"", "\"[{\""}));
}

TEST(JsonItems, WhatIsNoArrayIsTold) {
  for (const char* text : {"", "null", "{}", "\"[]\"", "1", "["})
    EXPECT_EQ(items(text, false), Items{});
}

TEST(JsonItems, NothingIsReadBeyondATextThatIsBroken) {
  for (const char* text : {"[\"]", "[\"\\]", "[}},{]", "[[[]"}) items(text);
}

}  // namespace
}  // namespace streamhost::core
