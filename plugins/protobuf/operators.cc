#include "operators.h"

#include <utility>

namespace streamhost::protobuf {
namespace {

std::vector<Option> common_options() {
  std::vector<Option> all;
  all.push_back(option("descriptor_set", Type::string,
                       "the file that protoc --include_imports --descriptor_set_out=FILE wrote")
                    .required()
                    .path());
  all.push_back(option("framing", Type::string,
                       "what stands before a message: nothing, or a schema id and message indexes "
                       "as Confluent's serializers write them")
                    .otherwise("none")
                    .choices({"none", "confluent"}));
  all.push_back(option("field", Type::string, "which part of the record is the message")
                    .otherwise("value")
                    .choices({"value", "key"}));
  all.push_back(option("max_size", Type::size, "a record with a larger result is rejected")
                    .otherwise("64MiB")
                    .at_least(1)
                    .at_most(1 << 30));
  return all;
}

std::vector<const google::protobuf::Descriptor*> roots_of(const Config& config,
                                                          const DescriptorSet& set) {
  if (const auto name = config.find("message")) return {&set.message(*name)};
  auto all = messages_of(set.main_file());
  if (all.empty()) {
    throw config_error("the last file of the descriptor set, " + set.main_file().name() +
                       ", has no messages; give the option \"message\"");
  }
  return all;
}

}  // namespace

template <class Convert>
void Part::process(const Context& ctx, const Batch& in, Out& out, Convert&& convert) {
  each_record(ctx, in, out, [&](const Record& record, uint32_t) {
    if (key_ ? !record.has_key() : !record.has_value()) return out.forward(record);
    result_.clear();
    convert(key_ ? record.key() : record.value(), result_);
    if (result_.size() > max_size_) {
      throw bad_data("the result has " + std::to_string(result_.size()) +
                     " bytes, more than max_size, " + std::to_string(max_size_));
    }
    const sh_bytes bytes = to_bytes(out.copy(result_.view()));
    sh_record to = record.raw();
    if (key_) {
      to.key = bytes.ptr;
      to.key_len = static_cast<uint32_t>(bytes.len);
      to.key_hash = 0;
    } else {
      to.value = bytes.ptr;
      to.value_len = static_cast<uint32_t>(bytes.len);
    }
    out.push(to);
  });
}

Decode::Decode(const Context& ctx, const Config& config)
    : Decode(ctx, config, DescriptorSet(config.str("descriptor_set"))) {}

Decode::Decode(const Context& ctx, const Config& config, const DescriptorSet& set)
    : ctx_(ctx),
      part_(config),
      framed_(config.find("framing") == "confluent"),
      decoder_({.defaults = config.flag("defaults"),
                .enum_numbers = config.find("enums") == "number",
                .integers_as_numbers = config.find("int64") == "number",
                .fail_on_unknown = config.find("unknown_fields") == "fail"}) {
  if (!framed_ && !config.has("message")) {
    throw config_error(
        "option \"message\" is missing: only framing = \"confluent\" says by itself "
        "which message it is");
  }
  const auto roots = roots_of(config, set);
  schema_ = std::make_unique<Schema>(set, roots, config.find("names") == "proto");
  if (config.has("message")) type_ = schema_->find(roots[0]->full_name());
  if (!framed_) return;
  const google::protobuf::FileDescriptor& file = *roots[0]->file();
  file_ = file.name();
  for (const google::protobuf::Descriptor* message : roots) {
    by_path_.emplace(path_of(*message), schema_->find(message->full_name()));
  }
}

const Message& Decode::type_at(const MessagePath& path) const {
  const auto found = by_path_.find(path);
  if (found != by_path_.end()) return *found->second;
  if (type_ == nullptr) {
    throw bad_data("the framing asks for message " + path_text(path) + " of " + file_ +
                   ", which has no such message");
  }
  throw bad_data("the framing asks for message " + path_text(path) + " of its file, but " +
                 type_->full_name + " is " + path_text(by_path_.begin()->first));
}

void Decode::decode(std::string_view bytes, Bytes& to) {
  if (!framed_) return decoder_.decode(*schema_, *type_, bytes, 0, to);
  const Frame frame = read_frame(bytes, path_);
  decoder_.decode(*schema_, type_at(path_), bytes.substr(frame.size), frame.size, to);
}

void Decode::process(const Batch& in, Out& out) {
  part_.process(ctx_, in, out, [this](std::string_view bytes, Bytes& to) { decode(bytes, to); });
}

Encode::Encode(const Context& ctx, const Config& config)
    : Encode(ctx, config, DescriptorSet(config.str("descriptor_set"))) {}

Encode::Encode(const Context& ctx, const Config& config, const DescriptorSet& set)
    : ctx_(ctx), part_(config), encoder_(config.find("unknown_fields") == "ignore") {
  const bool framed = config.find("framing") == "confluent";
  const google::protobuf::Descriptor& message = set.message(config.str("message"));
  schema_ = std::make_unique<Schema>(set, std::vector{&message}, false);
  type_ = schema_->find(message.full_name());
  if (framed != config.has("schema_id")) {
    throw config_error(framed ? "option \"schema_id\" is missing: framing = \"confluent\" needs it"
                              : "option \"schema_id\" is for framing = \"confluent\" only");
  }
  if (framed) {
    frame_ = frame_text(static_cast<uint32_t>(config.integer("schema_id")), path_of(message));
  }
}

void Encode::process(const Batch& in, Out& out) {
  part_.process(ctx_, in, out, [this](std::string_view json, Bytes& to) {
    to.append(frame_);
    encoder_.encode(*schema_, *type_, json, to);
  });
}

Component decode() {
  std::vector<Option> all = common_options();
  all.push_back(option("message", Type::string,
                       "full name of the message type, like \"acme.Order\"; with framing = "
                       "\"confluent\" it may be left to the framing"));
  all.push_back(option("names", Type::string,
                       "names of fields: json is lowerCamelCase, proto is as in the .proto file")
                    .otherwise("json")
                    .choices({"json", "proto"}));
  all.push_back(option("defaults", Type::boolean,
                       "whether fields that cannot be told from unset ones are put out, too")
                    .otherwise("false"));
  all.push_back(option("enums", Type::string, "how values of enums are written")
                    .otherwise("name")
                    .choices({"name", "number"}));
  all.push_back(option("int64", Type::string,
                       "how 64-bit integers are written: Protobuf asks for strings, for readers "
                       "that know no other numbers than doubles")
                    .otherwise("string")
                    .choices({"string", "number"}));
  all.push_back(option("unknown_fields", Type::string,
                       "what is done about fields that the message type does not have")
                    .otherwise("ignore")
                    .choices({"fail", "ignore"}));
  return op<Decode>("decode")
      .summary("Makes JSON text of serialized Protobuf messages")
      .options(std::move(all));
}

Component encode() {
  std::vector<Option> all = common_options();
  all.push_back(
      option("message", Type::string, "full name of the message type, like \"acme.Order\"")
          .required());
  all.push_back(option("schema_id", Type::integer,
                       "the id under which the registry knows the schema; with framing = "
                       "\"confluent\"")
                    .at_least(0)
                    .at_most(UINT32_MAX));
  all.push_back(option("unknown_fields", Type::string,
                       "what is done about names that the message type does not have")
                    .otherwise("fail")
                    .choices({"fail", "ignore"}));
  return op<Encode>("encode")
      .summary("Makes serialized Protobuf messages of JSON text")
      .options(std::move(all));
}

}  // namespace streamhost::protobuf
