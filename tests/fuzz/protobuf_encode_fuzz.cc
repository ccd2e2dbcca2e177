// JSON text from outside: arbitrary bytes give a message that can be read again, or a refusal. The
// first byte says which type it is to be: '0' to '7' in the corpus.
#include <map>
#include <memory>

#include "protobuf_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using streamhost::testing::ProtobufCodec;
  if (size == 0) return 0;
  static std::map<uint8_t, std::unique_ptr<ProtobufCodec>> codecs;
  auto& codec = codecs[data[0]];
  if (codec == nullptr) codec = std::make_unique<ProtobufCodec>(data[0]);
  const std::string json(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (codec->encode(json)) codec->check_rounds(json);
  return 0;
}
