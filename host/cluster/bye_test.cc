#include "cluster/bye.h"

#include <gtest/gtest.h>

#include <string>

#include "cluster/handshake.h"

namespace streamhost::cluster {
namespace {

TEST(Bye, IsReadAsItWasWritten) {
  for (const Code code :
       {Code::kFailed, Code::kUsage, Code::kPlugin, Code::kRecovery, Code::kLost}) {
    const auto bye = read_bye(write_bye({Status(code, "the disk is full"), 7}));
    ASSERT_TRUE(bye);
    EXPECT_EQ(bye->why.code(), code);
    EXPECT_EQ(bye->why.message(), "the disk is full");
    EXPECT_EQ(bye->origin, 7u);
  }
  const auto done = read_bye(write_bye({Status::ok(), 1}));
  ASSERT_TRUE(done);
  EXPECT_TRUE(done->why);
}

TEST(Bye, OfOneThatIsStoppedMeansThatItIsGone) {
  EXPECT_EQ(read_bye(write_bye({Status(Code::kStopped, "x"), 0}))->why.code(), Code::kLost);
}

TEST(Bye, WithoutAKindMeansThatTheAttemptIsOver) {
  const auto bye = read_bye("");
  ASSERT_TRUE(bye);
  EXPECT_EQ(bye->why.code(), Code::kLost);
}

TEST(Bye, HasATextThatIsShortAndBreaksNoLine) {
  const auto bye = read_bye(write_bye({Status::failed("a\nb" + std::string(100'000, 'x')), 0}));
  ASSERT_TRUE(bye);
  EXPECT_LE(bye->why.message().size(), kMaxReason);
  EXPECT_EQ(bye->why.message().find('\n'), std::string::npos);
}

TEST(Bye, OfNonsenseIsNone) { EXPECT_FALSE(read_bye("\xff\xff\xff")); }

}  // namespace
}  // namespace streamhost::cluster
