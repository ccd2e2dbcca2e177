// Decoder and encoder in tests: text in, text or complaint out.
#pragma once

#include <string>

#include "decoder.h"
#include "encoder.h"
#include "test_set.h"

namespace streamhost::protobuf {

class TestCodec {
 public:
  TestCodec() : TestCodec("test.Known") {}
  explicit TestCodec(const std::string& type, DecodeOptions options = {}, bool proto_names = false,
                     bool ignore_unknown = false, size_t limit = 1 << 20)
      : set_(kTestSet),
        schema_(set_, {&set_.message(type)}, proto_names),
        type_(schema_.find(type)),
        decoder_(options),
        encoder_(ignore_unknown),
        result_(limit) {}

  const DescriptorSet& set() const { return set_; }
  const google::protobuf::Descriptor& descriptor() const { return set_.message(type_->full_name); }

  std::string decode(const std::string& wire) {
    return convert([&] { decoder_.decode(schema_, *type_, wire, 0, result_); });
  }
  std::string encode(const std::string& json) {
    return convert([&] { encoder_.encode(schema_, *type_, json, result_); });
  }
  // There and back.
  std::string round(const std::string& json) {
    const std::string wire = encode(json);
    return failed ? wire : decode(wire);
  }

  bool failed = false;  // the last call gave what is wrong

 private:
  template <class Call>
  std::string convert(Call&& call) {
    result_.clear();
    failed = false;
    try {
      call();
    } catch (const Error& e) {
      failed = true;
      return e.status() == SH_E_DATA ? e.what() : std::string("not bad_data: ") + e.what();
    }
    return std::string(result_.view());
  }

  DescriptorSet set_;
  Schema schema_;
  const Message* type_;
  Decoder decoder_;
  Encoder encoder_;
  Bytes result_;
};

// "08 96 01" as bytes; text between apostrophes is taken as it is.
inline std::string hex(const std::string& text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ') continue;
    if (text[i] == '\'') {
      for (++i; text.at(i) != '\''; ++i) bytes += text[i];
      continue;
    }
    bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
    ++i;
  }
  return bytes;
}

}  // namespace streamhost::protobuf
