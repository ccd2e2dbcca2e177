// protobuf.decode and protobuf.encode: the value, or the key, of each record from a serialized
// message to JSON text, and back.
#pragma once

#include <streamhost/sdk.hpp>

#include <map>
#include <memory>
#include <string>

#include "bytes.h"
#include "decoder.h"
#include "encoder.h"
#include "framing.h"
#include "schema.h"

namespace streamhost::protobuf {

// What both have in common: which part of a record is meant, and how large it may become.
class Part {
 public:
  explicit Part(const Config& config)
      : key_(config.find("field") == "key"),
        max_size_(static_cast<size_t>(config.integer("max_size"))),
        result_(max_size_) {}

  // Calls convert(bytes, result) for each record, and puts the record out with the result in place
  // of the bytes. Records that do not have the part pass as they are; those for which bad_data is
  // thrown are rejected.
  template <class Convert>
  void process(const Context& ctx, const Batch& in, Out& out, Convert&& convert);

 private:
  bool key_;
  size_t max_size_;
  Bytes result_;
};

class Decode {
 public:
  Decode(const Context& ctx, const Config& config);
  void process(const Batch& in, Out& out);

 private:
  Decode(const Context& ctx, const Config& config, const DescriptorSet& set);
  void decode(std::string_view bytes, Bytes& to);
  // The type that this path of Confluent's framing means. Throws bad_data.
  const Message& type_at(const MessagePath& path) const;

  Context ctx_;
  Part part_;
  std::unique_ptr<Schema> schema_;
  const Message* type_ = nullptr;  // null: the framing says which
  bool framed_;
  std::map<MessagePath, const Message*> by_path_;  // of the file; with framing only
  std::string file_;
  Decoder decoder_;
  MessagePath path_;
};

class Encode {
 public:
  Encode(const Context& ctx, const Config& config);
  void process(const Batch& in, Out& out);

 private:
  Encode(const Context& ctx, const Config& config, const DescriptorSet& set);

  Context ctx_;
  Part part_;
  std::unique_ptr<Schema> schema_;
  const Message* type_;
  std::string frame_;  // before each message; empty without framing
  Encoder encoder_;
};

Component decode();
Component encode();

}  // namespace streamhost::protobuf
