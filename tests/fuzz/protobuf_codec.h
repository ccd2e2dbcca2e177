// What both fuzz targets of the plugin protobuf share: the types of its tests, and the way there
// and back.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

#include "protobuf/decoder.h"
#include "protobuf/encoder.h"
#include "protobuf/framing.h"

namespace streamhost::testing {

class ProtobufCodec {
 public:
  // The type and the options follow from `choice`.
  explicit ProtobufCodec(uint8_t choice)
      : set_(STREAMHOST_TEST_DESCRIPTOR_SET),
        schema_(set_, {&set_.message(name_of(choice))}, (choice & 8) != 0),
        type_(*schema_.find(name_of(choice))),
        decoder_({.defaults = (choice & 16) != 0,
                  .enum_numbers = (choice & 32) != 0,
                  .integers_as_numbers = (choice & 64) != 0,
                  .fail_on_unknown = (choice & 128) != 0}) {}

  // Empty when it is refused.
  std::optional<std::string> decode(const std::string& wire) {
    return convert([&] { decoder_.decode(schema_, type_, wire, 0, result_); });
  }
  std::optional<std::string> encode(const std::string& json) {
    return convert([&] { encoder_.encode(schema_, type_, json, result_); });
  }
  // What was understood once can be written and understood again, and then says the same for ever.
  void check_rounds(const std::string& json) {
    const auto wire = encode(json);
    if (!wire) std::abort();
    const auto again = decode(*wire);
    if (!again) std::abort();
    const auto wire_again = encode(*again);
    if (!wire_again || decode(*wire_again) != again) std::abort();
  }

 private:
  static const char* name_of(uint8_t choice) {
    static constexpr const char* kNames[] = {"test.Numbers", "test.Many",  "test.Maps",
                                             "test.Tree",    "test.Known", "test.two.Old",
                                             "test.Tree",    "test.Known"};
    return kNames[choice & 7];
  }
  // Anything thrown but bad_data is a crash.
  template <class Call>
  std::optional<std::string> convert(Call&& call) {
    result_.clear();
    try {
      call();
    } catch (const Error& e) {
      if (e.status() != SH_E_DATA) std::abort();
      return std::nullopt;
    }
    return std::string(result_.view());
  }

  protobuf::DescriptorSet set_;
  protobuf::Schema schema_;
  const protobuf::Message& type_;
  protobuf::Decoder decoder_;
  protobuf::Encoder encoder_{false};
  protobuf::Bytes result_{64 << 20};
};

}  // namespace streamhost::testing
