#include "epoch_handle.h"

#include <gtest/gtest.h>

namespace kafka_plugin {
namespace {

EpochHandle example() { return {"billing \"x\"", 3, 4, "9f", "out", "billing-epochs", 41}; }

TEST(EpochHandle, ComesBackAsItWas) {
  EpochOutput output("out");
  Outgoing message;
  message.topic = "out";
  message.value = "v";
  output.append(message);
  const std::string bytes = encode_handle(example(), output);
  std::string_view kept;
  const EpochHandle back = decode_handle(bytes, kept);
  EXPECT_EQ(back.transactional_id(), "billing \"x\"-3");
  EXPECT_EQ(back.transactional_id(1), "billing \"x\"-1");
  EXPECT_EQ(back.slots, 4u);
  EXPECT_EQ(back.nonce, "9f");
  EXPECT_EQ(back.topic, "out");
  EXPECT_EQ(back.marker_topic, "billing-epochs");
  EXPECT_EQ(back.marker_offset, 41);
  EXPECT_TRUE(back.sent);
  EpochOutput again("out");
  ASSERT_TRUE(again.read(kept));
  EXPECT_EQ(again.count(), 1u);
}

TEST(EpochHandle, WithoutOutputThereIsNoMarker) {
  EpochHandle handle = example();
  handle.marker_offset = -1;
  std::string_view kept;
  const std::string bytes = encode_handle(handle, EpochOutput("out"));
  EXPECT_FALSE(decode_handle(bytes, kept).has_output());
  EXPECT_EQ(kept, "");
}

TEST(EpochHandle, TellsThatNothingWasSentYet) {
  EpochHandle handle = example();
  handle.marker_offset = 0;
  handle.sent = false;
  EpochOutput output("out");
  Outgoing message;
  message.value = "v";
  output.append(message);
  std::string_view kept;
  const std::string bytes = encode_handle(handle, output);
  const EpochHandle back = decode_handle(bytes, kept);
  EXPECT_TRUE(back.has_output());
  EXPECT_FALSE(back.sent);
  EXPECT_EQ(back.marker_offset, 0);
}

TEST(EpochHandle, WhatIsNoneIsRefused) {
  EpochOutput output("out");
  std::string_view kept;
  const std::string good = [] {
    EpochHandle handle = example();
    handle.marker_offset = -1;
    return encode_handle(handle, EpochOutput("out"));
  }();
  for (const std::string& bad :
       {std::string("K2") + good.substr(2), std::string("K1"), good.substr(0, good.size() - 1),
        good + "output without a marker", std::string("handle 1")}) {
    EXPECT_THROW(decode_handle(bad, kept), streamhost::Error) << bad;
  }
}

}  // namespace
}  // namespace kafka_plugin
