#include "decoder.h"

#include <algorithm>

#include "json_writer.h"
#include "well_known.h"

namespace streamhost::protobuf {
namespace {

std::string_view text_of(const uint8_t* at, uint64_t size) {
  return {reinterpret_cast<const char*>(at), size};
}

// Whether a varint of `size` bytes can stand before a value.
constexpr bool is_tag(uint64_t tag, ptrdiff_t size) {
  return tag >> 3 != 0 && tag <= UINT32_MAX && size <= 5;
}

// Whether only the low 32 bits count.
constexpr bool is_narrow(Kind kind) {
  switch (kind) {
    case Kind::kFloat:
    case Kind::kInt32:
    case Kind::kUint32:
    case Kind::kSint32:
    case Kind::kFixed32:
    case Kind::kSfixed32:
    case Kind::kEnum: return true;
    default: return false;
  }
}
// Gives back the memory of a record that was much larger than others are.
template <class T>
void empty(std::vector<T>& list) {
  constexpr size_t kKept = 64 << 10;
  list.clear();
  if (list.capacity() > kKept) list = std::vector<T>();
}

constexpr bool is_message(Kind kind) { return kind == Kind::kMessage || kind == Kind::kGroup; }

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

const uint8_t* Decoder::skip(const uint8_t* p, const uint8_t* end, uint64_t tag,
                             uint32_t depth) const {
  const uint8_t* const at = p;
  uint64_t size = 0;
  switch (tag & 7) {
    case kVarint:
      p = read_varint(p, end, &size);
      if (p == nullptr) fail(at, "a varint does not end");
      return p;
    case kFixed64: size = 8; break;
    case kFixed32: size = 4; break;
    case kLength:
      p = read_varint(p, end, &size);
      if (p == nullptr) fail(at, "a length does not end");
      break;
    case kStartGroup: {
      const uint8_t* after = nullptr;
      group_end(p, end, static_cast<uint32_t>(tag >> 3), depth, after);
      return after;
    }
    case kEndGroup: fail(at, "a group ends that has not begun");
    default: fail(at, "wire type " + std::to_string(tag & 7) + " does not exist");
  }
  const auto left = static_cast<uint64_t>(end - p);
  if (size > left) {
    fail(at, "field " + std::to_string(tag >> 3) + " needs " + std::to_string(size) +
                 " bytes, but there are only " + std::to_string(left));
  }
  return p + size;
}

const uint8_t* Decoder::group_end(const uint8_t* p, const uint8_t* end, uint32_t number,
                                  uint32_t depth, const uint8_t*& after) const {
  const uint8_t* const begin = p;
  if (depth > kMaxDepth) fail(p, "more than " + std::to_string(kMaxDepth) + " groups deep");
  while (p != end) {
    const uint8_t* const at = p;
    uint64_t tag = 0;
    p = read_varint(p, end, &tag);
    if (p == nullptr || !is_tag(tag, p - at)) fail(at, "there is no field tag");
    if ((tag & 7) == kEndGroup) {
      if (tag >> 3 != number) {
        fail(at,
             "group " + std::to_string(tag >> 3) + " ends within group " + std::to_string(number));
      }
      after = p;
      return at;
    }
    p = skip(p, end, tag, depth + 1);
  }
  fail(begin, "group " + std::to_string(number) + " does not end");
}

bool Decoder::is_unknown(const Field& field, uint64_t bits) {
  return field.closed && field.enumeration->name_of(static_cast<int32_t>(bits)) == nullptr;
}

void Decoder::scan(const Message& type, const uint8_t* p, const uint8_t* end, size_t base) {
  while (p != end) {
    const uint8_t* const at = p;
    uint64_t tag = 0;
    p = read_varint(p, end, &tag);
    if (p == nullptr) fail(at, "a field tag does not end");
    if (!is_tag(tag, p - at)) fail(at, "there is no field tag");
    const auto number = static_cast<uint32_t>(tag >> 3);
    const int32_t index = type.find(number);
    const Field* const field = index < 0 ? nullptr : &type.fields[static_cast<size_t>(index)];
    Item item;
    item.packed = field != nullptr && field->packable() && (tag & 7) == kLength;
    bool known = field != nullptr && (field->wire == (tag & 7) || item.packed);
    item.at = p;
    switch (tag & 7) {
      case kVarint: {
        const uint8_t* const next = read_varint(p, end, &item.bits);
        if (next == nullptr)
          fail(p, "the varint of field " + std::to_string(number) + " does not end");
        p = next;
        break;
      }
      case kStartGroup: {
        const uint8_t* after = nullptr;
        item.bits = static_cast<uint64_t>(group_end(p, end, number, depth_, after) - p);
        p = after;
        break;
      }
      case kLength: {
        item.at = read_varint(p, end, &item.bits);
        const auto left = static_cast<uint64_t>(item.at == nullptr ? 0 : end - item.at);
        p = item.at == nullptr || item.bits > left ? skip(p, end, tag, depth_)  // which fails
                                                   : item.at + item.bits;
        break;
      }
      default: {
        const uint8_t* const next = skip(p, end, tag, depth_);
        item.bits = load(p, static_cast<size_t>(next - p));
        p = next;
      }
    }
    if (known && field->kind == Kind::kEnum && !item.packed) known = !is_unknown(*field, item.bits);
    if (known) {
      add(type, base, static_cast<uint32_t>(index), item);
    } else if (options_.fail_on_unknown) {
      fail(at, type.full_name + " has no field " + std::to_string(number) +
                   (field == nullptr ? "" : " of this wire type or value"));
    }
  }
}

void Decoder::add(const Message& type, size_t base, uint32_t index, const Item& item) {
  const Field& field = type.fields[index];
  if (field.oneof >= 0) {
    const size_t oneof = base + type.fields.size() + static_cast<size_t>(field.oneof);
    const uint32_t set = lists_[oneof].first;
    if (set != kNone && set != index) {
      check_replaced(type.fields[set], lists_[base + set]);
      lists_[base + set] = List();
    }
    lists_[oneof].first = index;
  }
  const List list = lists_[base + index];
  if (list.last != kNone && !field.repeated && !is_message(field.kind)) {
    check_replaced(field, list);
    items_[list.last] = item;
    return;
  }
  const auto next = static_cast<uint32_t>(items_.size());
  if (list.last != kNone) items_[list.last].next = next;
  lists_[base + index] = {list.last == kNone ? next : list.first, next};
  items_.push_back(item);
}

void Decoder::check_replaced(const Field& field, List list) {
  if (field.kind < Kind::kString) return;
  const size_t mark = to_->size();
  place_.enter(field);
  single(field, list);
  place_.leave();
  to_->truncate(mark);
}

void Decoder::check_required(const Message& type, size_t base, const uint8_t* at) const {
  std::string missing;
  for (size_t i = 0; i < type.fields.size(); ++i) {
    if (!type.fields[i].required || lists_[base + i].last != kNone) continue;
    missing += (missing.empty() ? "" : ", ") + type.fields[i].name;
  }
  if (!missing.empty()) fail(at, type.full_name + " lacks required fields: " + missing);
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

bool Decoder::entries(const Field& field, List list) {
  const Message& type = *field.message;
  const Field &key = type.fields[0], &mapped = type.fields[1];
  const size_t first = entries_.size();
  for (uint32_t i = list.first; i != kNone; i = items_[i].next) {
    entries_.push_back(entry(type, items_[i], static_cast<uint32_t>(entries_.size() - first)));
  }
  const size_t last = entries_.size();
  mark_replaced(first);
  char before = '{';
  for (size_t i = first; i < last; ++i) {
    const Entry entry = entries_[i];  // what it holds may have entries of its own
    const size_t mark = to_->size(), base = lists_.size(), items = items_.size();
    place_.element(entry.order);
    lists_.resize(base + 2);
    scan(type, entry.at, entry.at + entry.size, base);
    to_->put(before);
    map_key(key, entry);
    to_->put(':');
    if (lists_[base + 1].last == kNone) {
      default_value(mapped);
    } else {
      single(mapped, lists_[base + 1]);
    }
    lists_.resize(base);
    items_.resize(items);
    if (entry.replaced) {
      to_->truncate(mark);
    } else {
      before = ',';
    }
  }
  entries_.resize(first);
  if (before == '{') to_->put('{');
  to_->put('}');
  return before == ',';
}

Decoder::Entry Decoder::entry(const Message& type, const Item& item, uint32_t order) {
  const Field& key = type.fields[0];
  const Item whole = item;  // which moves when there are more
  const size_t base = lists_.size(), items = items_.size();
  lists_.resize(base + 2);
  scan(type, whole.at, whole.at + whole.bits, base);
  Entry entry;
  entry.order = order;
  entry.at = whole.at;
  entry.size = whole.bits;
  if (lists_[base].last != kNone) {
    const Item& found = items_[lists_[base].last];
    if (key.kind == Kind::kString) {
      entry.text = text_of(found.at, found.bits);
    } else if (key.kind == Kind::kBool) {
      entry.bits = found.bits != 0;
    } else {
      entry.bits = is_narrow(key.kind) ? static_cast<uint32_t>(found.bits) : found.bits;
    }
  }
  lists_.resize(base);
  items_.resize(items);
  return entry;
}

void Decoder::mark_replaced(size_t first) {
  const size_t count = entries_.size() - first;
  Entry* const all = entries_.data() + first;
  if (count <= 8) {
    for (size_t i = 0; i < count; ++i) {
      all[i].replaced = std::any_of(all + i + 1, all + count,
                                    [&](const Entry& later) { return later.same_key(all[i]); });
    }
    return;
  }
  std::vector<Entry> sorted(all, all + count);
  std::sort(sorted.begin(), sorted.end(), [](const Entry& a, const Entry& b) {
    if (a.bits != b.bits) return a.bits < b.bits;
    const int texts = a.text.compare(b.text);
    return texts != 0 ? texts < 0 : a.order < b.order;
  });
  for (size_t i = 0; i + 1 < count; ++i) {
    if (sorted[i].same_key(sorted[i + 1])) all[sorted[i].order].replaced = true;
  }
}

void Decoder::map_key(const Field& key, const Entry& entry) {
  Item item;
  item.at = entry.at;
  if (key.kind == Kind::kString) {
    if (!append_string(*to_, entry.text)) fail(entry.at, "the key is not UTF-8");
    return;
  }
  item.bits = entry.bits;
  const size_t mark = to_->size();
  value(key, item);
  // 64-bit numbers may have their quotes already.
  if (to_->data()[mark] == '"') return;
  const std::string plain(to_->view().substr(mark));
  to_->truncate(mark);
  to_->put('"');
  to_->append(plain);
  to_->put('"');
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
