#include "staging.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "test_folder.h"

namespace testing_plugin {
namespace {

using Strings = std::vector<std::string>;

TEST(Handle, IsReadBackAsItWasWrittenAndSortsByEpoch) {
  const std::string text = format_handle({7, "0003", "5af0"});
  EXPECT_EQ(text, "000000000007-0003-5af0");
  EXPECT_EQ(format_handle(parse_handle(text).value()), text);
  EXPECT_LT(format_handle({9, "0001", "f"}), format_handle({10, "0000", "0"}));
  for (const char* wrong :
       {"", "7-0000-ab", "000000000007", "000000000007-0000", "000000000007--ab",
        "000000000007-0000-", "000000000007-0000-../x", "000000000007-0000-a-b"}) {
    EXPECT_FALSE(parse_handle(wrong)) << wrong;
  }
}

struct Staged : testing::Test {
  Staged() : staging(folder / "out") { staging.make(); }
  std::string prepared(uint64_t epoch, const std::string& part, std::string_view text) {
    const Staging::File file = staging.begin(part);
    EXPECT_EQ(::write(file.descriptor.get(), text.data(), text.size()),
              static_cast<ssize_t>(text.size()));
    const std::string handle = format_handle({epoch, part, file.nonce});
    staging.prepare(file, handle);
    return handle;
  }
  const TestFolder folder;
  Staging staging;
};

TEST_F(Staged, AFileIsVisibleOnceItIsCommittedHoweverOften) {
  const std::string handle = prepared(1, "0000", "a\n");
  EXPECT_EQ(folder.list("out/staged"), (Strings{handle}));
  EXPECT_TRUE(folder.list("out/committed").empty());
  for (int i = 0; i < 3; ++i) staging.commit(handle);
  EXPECT_TRUE(folder.list("out/staged").empty());
  EXPECT_EQ(folder.list("out/committed"), (Strings{handle}));
  EXPECT_EQ(folder.read("out/committed/" + handle), "a\n");
}

TEST_F(Staged, AFileThatIsNowhereCannotBeCommitted) {
  const std::string handle = prepared(1, "0000", "a\n");
  std::filesystem::remove(folder / ("out/staged/" + handle));
  EXPECT_EQ(failure([&] { staging.commit(handle); }),
            "cannot commit \"" + handle + "\": neither \"" + folder / "out/staged/" + handle +
                "\" nor \"" + folder / "out/committed/" + handle +
                "\" is there, so output of a snapshot was removed");
  EXPECT_NE(failure([&] { staging.commit("../x"); }), "");
}

TEST_F(Staged, AnEmptyEpochCommitsToNothing) {
  staging.commit("000000000004-0000-empty");
  staging.abort("000000000004-0000-empty");
  EXPECT_TRUE(folder.list("out/committed").empty());
}

TEST_F(Staged, AbortRemovesWhatIsPreparedAndAcceptsAllElse) {
  const std::string first = prepared(1, "0000", "a\n"), second = prepared(2, "0000", "b\n");
  staging.commit(first);
  staging.abort(second);
  staging.abort(second);
  staging.abort(first);
  staging.abort("something else");
  staging.abort("../committed/" + first);
  EXPECT_TRUE(folder.list("out/staged").empty());
  EXPECT_EQ(folder.list("out/committed"), (Strings{first}));
}

TEST_F(Staged, ClearingTouchesOnlyThePartsThatAreAskedFor) {
  const std::string kept = prepared(1, "0000", "a\n");
  prepared(2, "0000", "b\n");
  const std::string other = prepared(1, "0001", "c\n");
  staging.begin("0000");
  const std::string writing = std::filesystem::path(staging.begin("0001").path).filename().native();
  folder.write("out/staged/stranger", "");
  staging.clear([](std::string_view part) { return part == "0000"; }, kept);
  Strings expected = {kept, other, writing, "stranger"};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(folder.list("out/staged"), expected);
}

}  // namespace
}  // namespace testing_plugin
