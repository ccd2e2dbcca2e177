#include "decoder.h"

#include "json_writer.h"

namespace streamhost::protobuf {
namespace {

// Gives back the memory of a record that was much larger than others are.
template <class T>
void empty(std::vector<T>& list) {
  constexpr size_t kKept = 64 << 10;
  list.clear();
  if (list.capacity() > kKept) list = std::vector<T>();
}

}  // namespace

void Decoder::decode(const Schema& schema, const Message& type, std::string_view payload,
                     size_t offset, Bytes& to) {
  schema_ = &schema;
  begin_ = reinterpret_cast<const uint8_t*>(payload.data());
  end_ = begin_ + payload.size();
  offset_ = offset;
  to_ = &to;
  depth_ = 0;
  place_.clear();
  empty(items_);
  empty(lists_);
  empty(entries_);
  message(type, begin_, end_);
}

void Decoder::fail(const uint8_t* at, const std::string& what) const {
  std::string text;
  // Pieces of a message that were merged lie elsewhere.
  if (at >= begin_ && at <= end_) {
    text = "at byte " + std::to_string(offset_ + static_cast<size_t>(at - begin_));
  }
  const std::string place = place_.text();
  if (!place.empty()) text += (text.empty() ? "in field " : ", in field ") + place;
  throw bad_data(text.empty() ? what : text + ": " + what);
}

void Decoder::message(const Message& type, const uint8_t* p, const uint8_t* end, bool opened) {
  if (++depth_ > kMaxDepth) {
    fail(p, "more than " + std::to_string(kMaxDepth) + " messages within each other");
  }
  const size_t base = lists_.size(), items = items_.size();
  lists_.resize(base + type.fields.size() + type.oneof_count);
  scan(type, p, end, base);
  if (type.required_count != 0) check_required(type, base, p);
  switch (type.well_known) {
    case WellKnown::kNone: fields(type, base, opened); break;
    case WellKnown::kAny: any(base, p); break;
    case WellKnown::kTimestamp: timestamp(base, p); break;
    case WellKnown::kDuration: duration(base, p); break;
    case WellKnown::kFieldMask: field_mask(base); break;
    case WellKnown::kStruct: entries(type.fields[0], lists_[base]); break;
    case WellKnown::kListValue: elements(type.fields[0], lists_[base]); break;
    case WellKnown::kValue: value_message(type, base, p); break;
    case WellKnown::kWrapper:
      if (lists_[base].last == kNone) {
        default_value(type.fields[0]);
      } else {
        single(type.fields[0], lists_[base]);
      }
      break;
  }
  lists_.resize(base);
  items_.resize(items);
  --depth_;
}

void Decoder::fields(const Message& type, size_t base, bool opened) {
  char before = opened ? ',' : '{';
  for (size_t i = 0; i < type.fields.size(); ++i) {
    const Field& field = type.fields[i];
    const List list = lists_[base + i];
    const bool by_default = options_.defaults && !field.presence;
    if (list.last == kNone && !by_default) continue;
    if (!field.repeated && !field.presence && !by_default && is_default(field, items_[list.last])) {
      continue;
    }
    const size_t mark = to_->size();
    to_->put(before);
    to_->append(field.key);
    place_.enter(field);
    bool keep = true;
    if (field.map) {
      keep = entries(field, list);
    } else if (field.repeated) {
      keep = elements(field, list);
    } else if (list.last == kNone) {
      default_value(field);
    } else {
      single(field, list);
    }
    place_.leave();
    if (keep || by_default) {
      before = ',';
    } else {
      to_->truncate(mark);
    }
  }
  if (before == '{') to_->put('{');
  to_->put('}');
}

void Decoder::single(const Field& field, List list) {
  if (list.first == list.last) return value(field, items_[list.last]);
  // The pieces of a message, one after the other, are the message.
  std::string merged;
  for (uint32_t i = list.first; i != kNone; i = items_[i].next) {
    merged += text_of(items_[i].at, items_[i].bits);
  }
  const auto* const p = reinterpret_cast<const uint8_t*>(merged.data());
  message(*field.message, p, p + merged.size());
}

const uint8_t* Decoder::packed_item(const Field& field, const uint8_t* p, const uint8_t* end,
                                    Item& item) {
  item.at = p;
  if (field.wire == kVarint) {
    const uint8_t* const next = read_varint(p, end, &item.bits);
    if (next == nullptr) fail(p, "a varint of the packed numbers does not end");
    return next;
  }
  const size_t size = field.wire == kFixed64 ? 8 : 4;
  if (static_cast<size_t>(end - p) < size) fail(p, "the last of the packed numbers is cut off");
  item.bits = load(p, size);
  return p + size;
}

bool Decoder::elements(const Field& field, List list) {
  uint32_t index = 0;
  char before = '[';
  const auto put = [&](const Item& item) {
    place_.element(index++);
    to_->put(before);
    before = ',';
    value(field, item);
  };
  for (uint32_t i = list.first; i != kNone; i = items_[i].next) {
    const Item item = items_[i];
    if (!item.packed) {
      put(item);
      continue;
    }
    const uint8_t *p = item.at, *const end = p + item.bits;
    while (p != end) {
      Item one;
      p = packed_item(field, p, end, one);
      if (field.kind != Kind::kEnum || !is_unknown(field, one.bits)) {
        put(one);
      } else if (options_.fail_on_unknown) {
        fail(one.at, field.enumeration->full_name + " has no such value");
      }
    }
  }
  if (before == '[') to_->put('[');
  to_->put(']');
  return before == ',';
}

void Decoder::value(const Field& field, const Item& item) {
  const uint64_t bits = item.bits;
  const auto low = static_cast<uint32_t>(bits);
  const auto wide = [&](auto number) {
    if (!options_.integers_as_numbers) to_->put('"');
    append_integer(*to_, number);
    if (!options_.integers_as_numbers) to_->put('"');
  };
  switch (field.kind) {
    case Kind::kDouble: return append_float(*to_, std::bit_cast<double>(bits));
    case Kind::kFloat: return append_float(*to_, std::bit_cast<float>(low));
    case Kind::kInt32:
    case Kind::kSfixed32: return append_integer(*to_, static_cast<int32_t>(low));
    case Kind::kUint32:
    case Kind::kFixed32: return append_integer(*to_, low);
    case Kind::kSint32: return append_integer(*to_, unzigzag32(low));
    case Kind::kInt64:
    case Kind::kSfixed64: return wide(static_cast<int64_t>(bits));
    case Kind::kUint64:
    case Kind::kFixed64: return wide(bits);
    case Kind::kSint64: return wide(unzigzag64(bits));
    case Kind::kBool: return to_->append(bits != 0 ? "true" : "false");
    case Kind::kEnum: {
      const auto number = static_cast<int32_t>(low);
      if (field.enumeration->is_null) return to_->append("null");
      const std::string* name =
          options_.enum_numbers ? nullptr : field.enumeration->name_of(number);
      if (name == nullptr) return append_integer(*to_, number);
      to_->put('"');
      to_->append(*name);
      return to_->put('"');
    }
    case Kind::kString:
      if (!append_string(*to_, text_of(item.at, bits))) fail(item.at, "the string is not UTF-8");
      return;
    case Kind::kBytes: return append_base64(*to_, text_of(item.at, bits));
    case Kind::kMessage:
    case Kind::kGroup: return message(*field.message, item.at, item.at + bits);
  }
}

void Decoder::default_value(const Field& field) {
  if (field.repeated) return to_->append(field.map ? "{}" : "[]");
  Item item;
  if (field.kind == Kind::kEnum) item.bits = static_cast<uint32_t>(field.enumeration->first);
  value(field, item);
}

bool Decoder::is_default(const Field& field, const Item& item) {
  return is_narrow(field.kind) ? static_cast<uint32_t>(item.bits) == 0 : item.bits == 0;
}

int64_t Decoder::number_at(size_t list) const {
  return lists_[list].last == kNone ? 0 : static_cast<int64_t>(items_[lists_[list].last].bits);
}

std::string_view Decoder::text_at(size_t list) const {
  if (lists_[list].last == kNone) return {};
  const Item& item = items_[lists_[list].last];
  return text_of(item.at, item.bits);
}

}  // namespace streamhost::protobuf
