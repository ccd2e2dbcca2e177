#include "framing.h"

#include <gtest/gtest.h>

#include <streamhost/sdk.hpp>

#include "test_codec.h"

namespace streamhost::protobuf {
namespace {

std::string complaint(const std::string& bytes) {
  MessagePath path;
  try {
    read_frame(hex(bytes), path);
  } catch (const Error& e) {
    EXPECT_EQ(e.status(), SH_E_DATA);
    return e.what();
  }
  return "no complaint";
}

TEST(Framing, IsAsConfluentWritesIt) {
  EXPECT_EQ(frame_text(1, {0}), hex("00 00000001 00"));
  EXPECT_EQ(frame_text(0x01020304, {1}), hex("00 01020304 02 02"));
  EXPECT_EQ(frame_text(0xFFFFFFFF, {1, 0}), hex("00 ffffffff 04 02 00"));
  EXPECT_EQ(frame_text(5, {64, 3, 100}), hex("00 00000005 06 8001 06 c801"));
}

TEST(Framing, IsReadAsItWasWritten) {
  for (const MessagePath& path : {MessagePath{0}, {1}, {0, 0}, {3, 2, 1}, {1000, 70000}}) {
    const std::string text = frame_text(77, path);
    MessagePath read;
    const Frame frame = read_frame(text + "rest", read);
    EXPECT_EQ(frame.schema_id, 77u);
    EXPECT_EQ(frame.size, text.size());
    EXPECT_EQ(read, path);
  }
}

TEST(Framing, ThePathOfTheFirstMessageMayBeWrittenInFull) {
  MessagePath path;
  EXPECT_EQ(read_frame(hex("00 00000001 02 00"), path).size, 7u);
  EXPECT_EQ(path, MessagePath{0});
}

TEST(Framing, ThatIsNoneIsRefused) {
  EXPECT_EQ(complaint(""), "the value has 0 bytes, too few for Confluent's framing");
  EXPECT_EQ(complaint("00 00000001"), "the value has 5 bytes, too few for Confluent's framing");
  EXPECT_EQ(complaint("08 9601 00000000"),
            "the value begins with byte 8, not with the 0 of Confluent's framing");
  EXPECT_EQ(complaint("00 00000001 01"),
            "at byte 5: there is no message index of Confluent's framing");
  EXPECT_EQ(complaint("00 00000001 80"),
            "at byte 5: there is no message index of Confluent's framing");
  EXPECT_EQ(complaint("00 00000001 04 02"),
            "at byte 7: there is no message index of Confluent's framing");
  EXPECT_EQ(complaint("00 00000001 04 02 ffffffffffffffffff01"),
            "at byte 7: there is no message index of Confluent's framing");
  EXPECT_EQ(complaint("00 00000001 feffffff0f"),
            "at byte 5: 2147483647 message indexes are too many for Confluent's framing");
}

TEST(Framing, PathsAreThoseOfTheFile) {
  TestCodec codec("test.Tree");
  EXPECT_EQ(path_of(codec.set().message("test.Tree")), (MessagePath{3}));
  EXPECT_EQ(path_of(codec.set().message("test.Tree.Leaf.Vein")), (MessagePath{3, 0, 0}));
  EXPECT_EQ(path_text({3, 0}), "[3, 0]");
}

}  // namespace
}  // namespace streamhost::protobuf
