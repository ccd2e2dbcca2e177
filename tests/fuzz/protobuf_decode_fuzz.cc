// A serialized message from outside: arbitrary bytes give JSON that can be made a message again, or
// a refusal. The first byte says which type it is to be, and how it is written.
#include <map>
#include <memory>

#include "protobuf_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using streamhost::testing::ProtobufCodec;
  if (size == 0) return 0;
  // Made once for each choice, as a step makes them once for all records.
  static std::map<uint8_t, std::unique_ptr<ProtobufCodec>> codecs;
  auto& codec = codecs[data[0]];
  if (codec == nullptr) codec = std::make_unique<ProtobufCodec>(data[0]);
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (const auto json = codec->decode(bytes)) codec->check_rounds(*json);
  try {
    streamhost::protobuf::MessagePath path;
    const auto frame = streamhost::protobuf::read_frame(bytes, path);
    if (frame.size > bytes.size() || path.empty()) std::abort();
    codec->decode(bytes.substr(frame.size));
  } catch (const streamhost::Error& e) {
    if (e.status() != SH_E_DATA) std::abort();
  }
  return 0;
}
