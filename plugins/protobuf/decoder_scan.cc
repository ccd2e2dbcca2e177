// Decoder: from the wire into lists.
#include "decoder.h"

namespace streamhost::protobuf {
namespace {

// Whether a varint of `size` bytes can stand before a value.
constexpr bool is_tag(uint64_t tag, ptrdiff_t size) {
  return tag >> 3 != 0 && tag <= UINT32_MAX && size <= 5;
}

constexpr bool is_message(Kind kind) { return kind == Kind::kMessage || kind == Kind::kGroup; }

}  // namespace

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

}  // namespace streamhost::protobuf
