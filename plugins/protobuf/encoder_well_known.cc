// Encoder: messages with a JSON form of their own.
#include "encoder.h"

#include "well_known.h"

namespace streamhost::protobuf {

void Encoder::any() {
  in_->expect('{');
  if (in_->take('}')) return;
  const size_t begin = in_->at();
  // The type may stand anywhere in the object.
  std::string url;
  bool found = false;
  do {
    const bool here = in_->string("a name") == "@type";
    in_->expect(':');
    if (here) {
      url = in_->string();
      found = true;
      break;
    }
    in_->skip();
  } while (in_->take(','));
  if (!found) in_->fail(begin, "an Any needs \"@type\"");
  const std::string name = url.substr(url.rfind('/') + 1);
  const Message* const type = schema_->find(name);
  if (type == nullptr || url.find('/') == std::string::npos) {
    in_->fail(begin, "the descriptor set has no message for \"@type\": \"" + url.substr(0, 100) +
                         "\", which is to be like \"type.googleapis.com/full.Name\"");
  }
  to_->varint(1 << 3 | kLength);
  to_->varint(url.size());
  to_->append(url);
  to_->varint(2 << 3 | kLength);
  const size_t content = to_->begin_length();
  in_->back(begin);
  if (type->well_known == WellKnown::kNone) {
    deeper();
    members(*type, "@type");
    --depth_;
  } else {
    bool there = false;
    do {
      in_->peek();
      const size_t at = in_->at();
      const std::string_view member = in_->string("a name");
      const bool is_value = member == "value", is_type = member == "@type";
      if ((!is_value && !is_type && !ignore_unknown_) || (is_value && there)) {
        in_->fail(at, "an Any of " + name + " has \"@type\" and \"value\", each once");
      }
      in_->expect(':');
      if (is_value) {
        message(*type);
        there = true;
      } else {
        in_->skip();
      }
    } while (in_->take(','));
    in_->expect('}');
    if (!there) in_->fail(begin, "an Any of " + name + " needs \"value\"");
  }
  to_->end_length(content);
}

void Encoder::value_message(const Message& type) {
  switch (in_->peek()) {
    case 'n': return single(type.fields[0], true);
    case '"': return single(type.fields[2], true);
    case 't':
    case 'f': return single(type.fields[3], true);
    case '{': return single(type.fields[4], true);
    case '[': return single(type.fields[5], true);
    default: return single(type.fields[1], true);
  }
}

void Encoder::seconds_and_nanos(const Message& type) {
  in_->peek();
  const size_t at = in_->at();
  const bool is_time = type.well_known == WellKnown::kTimestamp;
  const std::string_view text = in_->string(is_time ? "a time" : "a duration");
  const auto value = is_time ? parse_timestamp(text) : parse_duration(text);
  if (!value) {
    in_->fail(at, "\"" + std::string(text.substr(0, 60)) +
                      (is_time ? "\" is no time like \"2024-05-01T10:00:00.5Z\""
                               : "\" is no duration like \"1.5s\""));
  }
  if (value->seconds != 0) {
    tag(type.fields[0], kVarint);
    to_->varint(static_cast<uint64_t>(value->seconds));
  }
  if (value->nanos != 0) {
    tag(type.fields[1], kVarint);
    to_->varint(bits_of(value->nanos));
  }
}

void Encoder::field_mask(const Message& type) {
  in_->peek();
  const size_t at = in_->at();
  std::string_view left = in_->string("the paths of a FieldMask");
  while (!left.empty()) {
    const size_t size = std::min(left.find(','), left.size());  // of the first path
    const auto path = snake_path(left.substr(0, size));
    if (!path) in_->fail(at, "a path of a FieldMask is written in lowerCamelCase");
    tag(type.fields[0], kLength);
    to_->varint(path->size());
    to_->append(*path);
    left.remove_prefix(std::min(size + 1, left.size()));
  }
}

}  // namespace streamhost::protobuf
