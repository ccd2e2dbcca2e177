#include "epoch_output.h"

#include <lz4.h>

#include <cstring>

namespace kafka_plugin {
namespace {

namespace sh = streamhost;

// Large enough for LZ4 to find something, small enough to stay in the cache while it is filled.
constexpr size_t kBlock = 128 << 10;
// No block is larger: a message, with its headers, is far below.
constexpr uint32_t kLargest = uint32_t{1} << 30;

enum : uint8_t { kKey = 1, kValue = 2, kTimestamp = 4, kTopic = 8, kPartition = 16, kHeaders = 32 };

void put_number(std::string& to, uint64_t number) {
  while (number >= 0x80) {
    to.push_back(static_cast<char>(number | 0x80));
    number >>= 7;
  }
  to.push_back(static_cast<char>(number));
}

void put_text(std::string& to, std::string_view text) {
  put_number(to, text.size());
  to.append(text);
}

void put_u32(std::string& to, uint32_t number) {
  for (int i = 0; i < 4; ++i) to.push_back(static_cast<char>(number >> (8 * i)));
}

uint32_t get_u32(const char* from) {
  uint32_t number = 0;
  for (int i = 0; i < 4; ++i) {
    number |= static_cast<uint32_t>(static_cast<uint8_t>(from[i])) << (8 * i);
  }
  return number;
}

// Takes from the front of `from`; false at its end or when it makes no sense.
bool take_number(std::string_view& from, uint64_t& number) {
  number = 0;
  for (unsigned shift = 0; shift < 64 && !from.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(from.front());
    from.remove_prefix(1);
    number |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool take_text(std::string_view& from, std::string_view& text) {
  uint64_t size = 0;
  if (!take_number(from, size) || size > from.size()) return false;
  text = from.substr(0, size);
  from.remove_prefix(size);
  return true;
}

bool take_headers(std::string_view& from, std::vector<sh_header>& headers) {
  uint64_t count = 0;
  if (!take_number(from, count) || count > from.size()) return false;  // each takes some bytes
  headers.clear();
  for (uint64_t i = 0; i < count; ++i) {
    std::string_view name, value;
    if (!take_text(from, name) || !take_text(from, value)) return false;
    headers.push_back({sh::to_bytes(name), sh::to_bytes(value)});
  }
  return true;
}

bool take_message(std::string_view& from, Outgoing& message, std::vector<sh_header>& headers) {
  if (from.empty()) return false;
  const auto flags = static_cast<uint8_t>(from.front());
  from.remove_prefix(1);
  const auto is = [flags](uint8_t flag) { return (flags & flag) != 0; };
  uint64_t number = 0;
  if (is(kTopic) && !take_text(from, message.topic)) return false;
  if (is(kPartition)) {
    if (!take_number(from, number) || number > INT32_MAX) return false;
    message.partition = static_cast<int32_t>(number);
  }
  if (is(kTimestamp)) {
    if (!take_number(from, number)) return false;
    message.timestamp_ms = static_cast<int64_t>(number);
  }
  std::string_view text;
  if (is(kKey)) {
    if (!take_text(from, text)) return false;
    message.key = text;
  }
  if (is(kValue)) {
    if (!take_text(from, text)) return false;
    message.value = text;
  }
  if (!is(kHeaders)) return true;
  if (!take_headers(from, headers)) return false;
  message.headers = headers.data();
  message.header_count = static_cast<uint32_t>(headers.size());
  return true;
}

}  // namespace

void EpochOutput::append(const Outgoing& message) {
  uint8_t flags = 0;
  if (message.key) flags |= kKey;
  if (message.value) flags |= kValue;
  if (message.timestamp_ms > 0) flags |= kTimestamp;
  if (message.topic != topic_) flags |= kTopic;
  if (message.partition >= 0) flags |= kPartition;
  if (message.header_count != 0) flags |= kHeaders;
  open_.push_back(static_cast<char>(flags));
  if ((flags & kTopic) != 0) put_text(open_, message.topic);
  if ((flags & kPartition) != 0) put_number(open_, static_cast<uint64_t>(message.partition));
  if ((flags & kTimestamp) != 0) put_number(open_, static_cast<uint64_t>(message.timestamp_ms));
  if (message.key) put_text(open_, *message.key);
  if (message.value) put_text(open_, *message.value);
  if ((flags & kHeaders) != 0) {
    put_number(open_, message.header_count);
    for (uint32_t i = 0; i < message.header_count; ++i) {
      put_text(open_, sh::to_view(message.headers[i].name));
      put_text(open_, sh::to_view(message.headers[i].value));
    }
  }
  ++count_;
  if (open_.size() >= kBlock) close_block();
}

void EpochOutput::close_block() {
  if (open_.empty()) return;
  Block block{static_cast<uint32_t>(open_.size()), {}};
  const int size = static_cast<int>(open_.size());
  block.bytes.resize(open_.size());
  // No room for more than it was: what does not shrink is kept as it is.
  const int packed = LZ4_compress_default(open_.data(), block.bytes.data(), size, size - 1);
  if (packed > 0) {
    block.bytes.resize(static_cast<size_t>(packed));
    block.bytes.shrink_to_fit();
  } else {
    block.bytes = open_;
  }
  packed_raw_ += open_.size();
  blocks_.push_back(std::move(block));
  open_.clear();
}

void EpochOutput::clear() {
  blocks_.clear();
  open_.clear();
  packed_raw_ = count_ = 0;
}

void EpochOutput::write(std::string& to) const {
  const auto put = [&to](uint32_t raw_size, std::string_view bytes) {
    put_u32(to, raw_size);
    put_u32(to, static_cast<uint32_t>(bytes.size()));
    to.append(bytes);
  };
  for (const Block& block : blocks_) put(block.raw_size, block.bytes);
  if (!open_.empty()) put(static_cast<uint32_t>(open_.size()), open_);
}

bool EpochOutput::unpack(const Block& block, std::string& raw) {
  if (block.bytes.size() == block.raw_size) {
    raw = block.bytes;
    return true;
  }
  raw.resize(block.raw_size);
  const int size =
      LZ4_decompress_safe(block.bytes.data(), raw.data(), static_cast<int>(block.bytes.size()),
                          static_cast<int>(block.raw_size));
  return size == static_cast<int>(block.raw_size);
}

bool EpochOutput::read(std::string_view from) {
  clear();
  if (from.empty()) return true;
  std::string raw;
  std::vector<sh_header> headers;
  while (!from.empty()) {
    if (from.size() < 8) break;
    Block block{get_u32(from.data()), {}};
    const uint32_t size = get_u32(from.data() + 4);
    from.remove_prefix(8);
    if (size > from.size() || size > block.raw_size || block.raw_size > kLargest) break;
    // LZ4 makes at most 255 bytes of one: no small input claims a large block.
    if (block.raw_size / 255 > size) break;
    block.bytes = from.substr(0, size);
    from.remove_prefix(size);
    if (!unpack(block, raw)) break;
    std::string_view left = raw;
    bool sound = !left.empty();
    while (sound && !left.empty()) {
      Outgoing message;
      sound = take_message(left, message, headers);
      ++count_;
    }
    if (!sound) break;
    packed_raw_ += block.raw_size;
    blocks_.push_back(std::move(block));
    if (from.empty()) return true;
  }
  clear();
  return false;
}

bool EpochOutput::Cursor::get(const EpochOutput& of, Outgoing& message) {
  for (;;) {
    std::string_view all;
    if (block_ < of.blocks_.size()) {
      if (unpacked_ != block_) {
        if (!unpack(of.blocks_[block_], raw_)) {
          throw sh::state_error("the output of an epoch, as it was kept, is damaged");
        }
        unpacked_ = block_;
      }
      all = raw_;
    } else {
      all = of.open_;
    }
    if (at_ == all.size()) {
      if (block_ >= of.blocks_.size()) return false;
      ++block_;
      at_ = 0;
      continue;
    }
    message = Outgoing();
    message.topic = of.topic_;
    std::string_view left = all.substr(at_);
    if (!take_message(left, message, headers_)) {
      throw sh::state_error("the output of an epoch, as it was kept, is damaged");
    }
    after_ = all.size() - left.size();
    return true;
  }
}

void EpochOutput::Cursor::to_end(const EpochOutput& of) {
  block_ = of.blocks_.size();
  at_ = after_ = of.open_.size();
}

}  // namespace kafka_plugin
