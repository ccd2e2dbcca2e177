// Decoder: messages with a JSON form of their own.
#include "decoder.h"

#include "json_writer.h"
#include "well_known.h"

namespace streamhost::protobuf {

void Decoder::any(size_t base, const uint8_t* at) {
  const std::string_view url = text_at(base), content = text_at(base + 1);
  if (url.empty() && content.empty()) return to_->append("{}");
  const std::string name(url.substr(url.rfind('/') + 1));
  const Message* const type = schema_->find(name);
  if (type == nullptr || url.find('/') == std::string_view::npos) {
    fail(at,
         "the descriptor set has no message \"" + name.substr(0, 100) + "\" for what Any holds");
  }
  to_->append("{\"@type\":");
  if (!append_string(*to_, url)) fail(at, "the type URL is not UTF-8");
  const auto* const p = reinterpret_cast<const uint8_t*>(content.data());
  if (type->well_known == WellKnown::kNone) return message(*type, p, p + content.size(), true);
  to_->append(",\"value\":");
  message(*type, p, p + content.size());
  to_->put('}');
}

void Decoder::timestamp(size_t base, const uint8_t* at) {
  const auto text = timestamp_text({number_at(base), static_cast<int32_t>(number_at(base + 1))});
  if (!text) fail(at, "this Timestamp is no time of the years 1 to 9999");
  append_string(*to_, text->view());
}

void Decoder::duration(size_t base, const uint8_t* at) {
  const auto text = duration_text({number_at(base), static_cast<int32_t>(number_at(base + 1))});
  if (!text) fail(at, "this Duration is longer than 10,000 years, or its signs differ");
  append_string(*to_, text->view());
}

void Decoder::field_mask(size_t base) {
  std::string text;
  for (uint32_t i = lists_[base].first; i != kNone; i = items_[i].next) {
    const auto path = camel_path(text_of(items_[i].at, items_[i].bits));
    if (!path) fail(items_[i].at, "the path of this FieldMask cannot be put into lowerCamelCase");
    if (i != lists_[base].first) text += ',';
    text += *path;
  }
  if (!append_string(*to_, text)) fail(nullptr, "the FieldMask is not UTF-8");
}

void Decoder::value_message(const Message& type, size_t base, const uint8_t* at) {
  const uint32_t set = lists_[base + type.fields.size()].first;
  if (set == kNone) return to_->append("null");
  const Field& field = type.fields[set];
  const List list = lists_[base + set];
  if (field.kind == Kind::kDouble &&
      !std::isfinite(std::bit_cast<double>(items_[list.last].bits))) {
    fail(at, "a Value cannot be NaN or infinite");
  }
  single(field, list);
}

}  // namespace streamhost::protobuf
