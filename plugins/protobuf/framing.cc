#include "framing.h"

#include <streamhost/sdk.hpp>

#include "wire.h"

namespace streamhost::protobuf {
namespace {

constexpr size_t kHead = 5;            // the byte 0 and the schema's id
constexpr int64_t kLongestPath = 100;  // types within each other

}  // namespace

Frame read_frame(std::string_view bytes, MessagePath& path) {
  const auto* const begin = reinterpret_cast<const uint8_t*>(bytes.data());
  const uint8_t *p = begin, *const end = begin + bytes.size();
  if (bytes.size() < kHead + 1) {
    throw bad_data("the value has " + std::to_string(bytes.size()) +
                   " bytes, too few for Confluent's framing");
  }
  if (*p != 0) {
    throw bad_data("the value begins with byte " + std::to_string(*p) +
                   ", not with the 0 of Confluent's framing");
  }
  Frame frame;
  for (size_t i = 1; i < kHead; ++i) frame.schema_id = frame.schema_id << 8 | p[i];
  p += kHead;
  const auto next = [&]() -> int64_t {
    uint64_t bits = 0;
    const uint8_t* const at = p;
    p = read_varint(p, end, &bits);
    const int64_t number = unzigzag64(bits);
    if (p == nullptr || number < 0 || number > INT32_MAX) {
      throw bad_data("at byte " + std::to_string(at - begin) +
                     ": there is no message index of Confluent's framing");
    }
    return number;
  };
  path.clear();
  const int64_t count = next();
  if (count > kLongestPath) {
    throw bad_data("at byte 5: " + std::to_string(count) +
                   " message indexes are too many for Confluent's framing");
  }
  for (int64_t i = 0; i < count; ++i) path.push_back(static_cast<int32_t>(next()));
  if (count == 0) path.push_back(0);
  frame.size = static_cast<size_t>(p - begin);
  return frame;
}

std::string frame_text(uint32_t schema_id, const MessagePath& path) {
  std::string text(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(schema_id >> shift);
  if (path == MessagePath{0}) return text + '\0';
  const auto append = [&](int32_t number) {
    uint8_t bytes[10];
    const uint8_t* const end = put_varint(bytes, zigzag32(number));
    text.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(end - bytes));
  };
  append(static_cast<int32_t>(path.size()));
  for (const int32_t index : path) append(index);
  return text;
}

std::string path_text(const MessagePath& path) {
  std::string text = "[";
  for (const int32_t index : path) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(index);
  }
  return text + "]";
}

}  // namespace streamhost::protobuf
