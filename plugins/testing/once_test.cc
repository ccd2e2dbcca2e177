#include "once.h"

#include <gtest/gtest.h>

#include "test_folder.h"

namespace testing_plugin {
namespace {

TEST(Once, EachThingIsClaimedOnceAsLongAsTheFileIsThere) {
  const TestFolder folder;
  const Once once(folder / "once");
  EXPECT_TRUE(once.claim("item 1"));
  EXPECT_FALSE(once.claim("item 1"));
  EXPECT_TRUE(once.claim("item 11"));
  EXPECT_TRUE(once.claim("tem 1"));
  EXPECT_FALSE(Once(folder / "once").claim("item 1"));
  EXPECT_EQ(folder.read("once"), "item 1\nitem 11\ntem 1\n");
  std::filesystem::remove(folder / "once");
  EXPECT_TRUE(once.claim("item 1"));
}

TEST(Once, WithoutAFileItAlwaysIs) {
  const Once once("");
  EXPECT_TRUE(once.claim("item 1"));
  EXPECT_TRUE(once.claim("item 1"));
}

TEST(Once, AFileThatCannotBeWrittenIsAnError) {
  const TestFolder folder;
  EXPECT_EQ(
      failure([&] { Once(folder / "no/once").claim("x"); }),
      "cannot write \"" + folder / "no/once" + "\" (option `once`): No such file or directory");
}

}  // namespace
}  // namespace testing_plugin
