#include "epoch_output.h"

#include <gtest/gtest.h>

#include <random>

namespace kafka_plugin {
namespace {

namespace sh = streamhost;

// A message with bytes of its own.
struct Owned {
  std::string topic = "out";
  int32_t partition = -1;
  int64_t timestamp_ms = 0;
  std::optional<std::string> key, value;
  std::vector<std::pair<std::string, std::string>> headers;

  bool operator==(const Owned&) const = default;
};

struct Views {
  explicit Views(const Owned& of) {
    message.topic = of.topic;
    message.partition = of.partition;
    message.timestamp_ms = of.timestamp_ms;
    if (of.key) message.key = *of.key;
    if (of.value) message.value = *of.value;
    for (const auto& [name, value] : of.headers) {
      headers.push_back({sh::to_bytes(name), sh::to_bytes(value)});
    }
    message.headers = headers.data();
    message.header_count = static_cast<uint32_t>(headers.size());
  }
  Outgoing message;
  std::vector<sh_header> headers;
};

Owned owned(const Outgoing& message) {
  Owned copy;
  copy.topic = message.topic;
  copy.partition = message.partition;
  copy.timestamp_ms = message.timestamp_ms;
  if (message.key) copy.key = *message.key;
  if (message.value) copy.value = *message.value;
  for (uint32_t i = 0; i < message.header_count; ++i) {
    copy.headers.emplace_back(sh::to_view(message.headers[i].name),
                              sh::to_view(message.headers[i].value));
  }
  return copy;
}

std::vector<Owned> all_of(const EpochOutput& output) {
  std::vector<Owned> messages;
  EpochOutput::Cursor cursor;
  Outgoing message;
  while (cursor.get(output, message)) {
    messages.push_back(owned(message));
    cursor.next();
  }
  return messages;
}

std::vector<Owned> random_messages(uint32_t seed, size_t count) {
  std::mt19937 random(seed);
  const auto text = [&](size_t most) {
    std::string bytes(random() % (most + 1), 'x');
    // Half of them cannot be packed.
    if (random() % 2 == 0) {
      for (char& c : bytes) c = static_cast<char>(random());
    }
    return bytes;
  };
  std::vector<Owned> messages(count);
  for (Owned& m : messages) {
    if (random() % 4 == 0) m.topic = "topic" + std::to_string(random() % 3);
    if (random() % 4 == 0) m.partition = static_cast<int32_t>(random() % 1000);
    if (random() % 2 == 0) m.timestamp_ms = static_cast<int64_t>(random()) << 10;
    if (random() % 3 != 0) m.key = text(20);
    if (random() % 5 != 0) m.value = text(random() % 50 == 0 ? 300'000 : 200);
    for (size_t h = random() % 3; h != 0; --h) m.headers.emplace_back(text(5), text(9));
  }
  return messages;
}

TEST(EpochOutput, GivesBackWhatWasAppended) {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    const auto messages = random_messages(seed, 2000);
    EpochOutput output("out");
    for (const Owned& m : messages) output.append(Views(m).message);
    EXPECT_EQ(output.count(), messages.size());
    EXPECT_TRUE(all_of(output) == messages) << "seed " << seed;

    std::string bytes;
    output.write(bytes);
    EpochOutput copy("out");
    ASSERT_TRUE(copy.read(bytes)) << "seed " << seed;
    EXPECT_EQ(copy.count(), messages.size());
    EXPECT_TRUE(all_of(copy) == messages) << "seed " << seed;
  }
}

TEST(EpochOutput, ACursorSeesWhatIsAppendedBehindIt) {
  const auto messages = random_messages(99, 3000);
  EpochOutput output("out");
  EpochOutput::Cursor cursor;
  std::vector<Owned> seen;
  Outgoing message;
  for (size_t i = 0; i < messages.size(); ++i) {
    output.append(Views(messages[i]).message);
    if (i % 7 != 0) continue;
    while (cursor.get(output, message)) {
      seen.push_back(owned(message));
      cursor.next();
      if (seen.size() % 3 == 0) break;
    }
  }
  while (cursor.get(output, message)) {
    seen.push_back(owned(message));
    cursor.next();
  }
  EXPECT_TRUE(seen == messages);
  cursor.to_end(output);
  EXPECT_FALSE(cursor.get(output, message));
  output.append(Views(messages[5]).message);
  ASSERT_TRUE(cursor.get(output, message));
  EXPECT_TRUE(owned(message) == messages[5]);
}

TEST(EpochOutput, IsSmallerThanWhatItKeeps) {
  EpochOutput output("out");
  Owned m;
  m.key = "key";
  m.value = std::string(100, 'v');
  for (int i = 0; i < 10'000; ++i) output.append(Views(m).message);
  std::string bytes;
  output.write(bytes);
  EXPECT_GT(output.bytes(), 1'000'000u);
  EXPECT_LT(bytes.size(), 200'000u);
}

TEST(EpochOutput, DamagedBytesAreRefused) {
  EpochOutput output("out");
  for (const Owned& m : random_messages(3, 1000)) output.append(Views(m).message);
  std::string bytes;
  output.write(bytes);
  for (size_t cut : {size_t{1}, size_t{7}, bytes.size() / 2, bytes.size() - 1}) {
    EpochOutput copy("out");
    EXPECT_FALSE(copy.read(std::string_view(bytes).substr(0, cut)));
    EXPECT_TRUE(copy.empty());
  }
  // Whatever is changed: an answer, and no crash.
  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) {
    std::string damaged = bytes;
    for (int n = 0; n < 3; ++n) damaged[random() % damaged.size()] = static_cast<char>(random());
    EpochOutput copy("out");
    if (copy.read(damaged)) all_of(copy);
  }
  // A block that cannot be unpacked, and nothing behind it.
  const std::string only("\x16\x08\x00\x00\x03\x00\x00\x00", 8);
  EXPECT_FALSE(EpochOutput("out").read(only + "\"\x0cw"));
  EpochOutput copy("out");
  EXPECT_TRUE(copy.read(""));
  EXPECT_FALSE(copy.read(std::string("\xff\xff\xff\x3f\x01\x00\x00\x00x", 9))) << "a bomb";
}

}  // namespace
}  // namespace kafka_plugin
