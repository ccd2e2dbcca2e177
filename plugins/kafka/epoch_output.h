// The messages of one epoch, kept until they are known to be in Kafka.
//
//   output  := block*
//   block   := raw size (u32)  packed size (u32)  bytes          LZ4; as they are if both are equal
//   message := flags (u8)  [topic]  [partition]  [timestamp]  [key]  [value]  [count (header)*]
//   topic, key, value := size bytes          header := topic-like name, then value
//
// Sizes, counts, partitions and timestamps are variable-length integers (7 bits a byte, low first);
// what is in brackets is there when its flag is; fixed numbers are little-endian. A message never
// crosses blocks. For example a tombstone for key "k" in the sink's own topic is 01 01 6b.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "outgoing.h"

namespace kafka_plugin {

class EpochOutput {
 public:
  // `topic`: the one that need not be named in each message.
  explicit EpochOutput(std::string topic) : topic_(std::move(topic)) {}

  void append(const Outgoing& message);
  uint64_t count() const { return count_; }
  // Of the messages, before packing.
  uint64_t bytes() const { return packed_raw_ + open_.size(); }
  bool empty() const { return count_ == 0; }
  void clear();

  // Appends all of it to `to`, as above.
  void write(std::string& to) const;
  // Takes what write() has written, all of `from`; false when it is damaged: then it is empty.
  [[nodiscard]] bool read(std::string_view from);

  // Goes through the messages from the first to the last. What is appended behind it is seen, too.
  class Cursor {
   public:
    // The message at the cursor, valid until the next call of any function here or of append();
    // false at the end. Throws Error (state) when what was read is damaged.
    bool get(const EpochOutput& of, Outgoing& message);
    // To the one after the message that get() gave.
    void next() { at_ = after_; }
    // Behind all messages that are there.
    void to_end(const EpochOutput& of);
    void reset() { *this = Cursor(); }

   private:
    size_t block_ = 0, at_ = 0, after_ = 0;
    size_t unpacked_ = SIZE_MAX;  // which block is in raw_
    std::string raw_;
    std::vector<sh_header> headers_;
  };

 private:
  struct Block {
    uint32_t raw_size;
    std::string bytes;  // LZ4, or as they are
  };
  void close_block();
  static bool unpack(const Block& block, std::string& raw);

  const std::string topic_;
  std::vector<Block> blocks_;
  std::string open_;  // the block that is being filled
  uint64_t packed_raw_ = 0, count_ = 0;
};

}  // namespace kafka_plugin
