#include "schema.h"

#include <algorithm>

#include "common/json_string.h"

namespace streamhost::protobuf {
namespace {

namespace pb = google::protobuf;

constexpr uint32_t kDense = 256;  // numbers below are looked up in a table

Kind kind_of(pb::FieldDescriptor::Type type) {
  switch (type) {
    case pb::FieldDescriptor::TYPE_DOUBLE: return Kind::kDouble;
    case pb::FieldDescriptor::TYPE_FLOAT: return Kind::kFloat;
    case pb::FieldDescriptor::TYPE_INT64: return Kind::kInt64;
    case pb::FieldDescriptor::TYPE_UINT64: return Kind::kUint64;
    case pb::FieldDescriptor::TYPE_INT32: return Kind::kInt32;
    case pb::FieldDescriptor::TYPE_FIXED64: return Kind::kFixed64;
    case pb::FieldDescriptor::TYPE_FIXED32: return Kind::kFixed32;
    case pb::FieldDescriptor::TYPE_BOOL: return Kind::kBool;
    case pb::FieldDescriptor::TYPE_STRING: return Kind::kString;
    case pb::FieldDescriptor::TYPE_GROUP: return Kind::kGroup;
    case pb::FieldDescriptor::TYPE_MESSAGE: return Kind::kMessage;
    case pb::FieldDescriptor::TYPE_BYTES: return Kind::kBytes;
    case pb::FieldDescriptor::TYPE_UINT32: return Kind::kUint32;
    case pb::FieldDescriptor::TYPE_ENUM: return Kind::kEnum;
    case pb::FieldDescriptor::TYPE_SFIXED32: return Kind::kSfixed32;
    case pb::FieldDescriptor::TYPE_SFIXED64: return Kind::kSfixed64;
    case pb::FieldDescriptor::TYPE_SINT32: return Kind::kSint32;
    case pb::FieldDescriptor::TYPE_SINT64: return Kind::kSint64;
  }
  return Kind::kBytes;
}

WireType wire_type_of(Kind kind) {
  switch (kind) {
    case Kind::kDouble:
    case Kind::kFixed64:
    case Kind::kSfixed64: return kFixed64;
    case Kind::kFloat:
    case Kind::kFixed32:
    case Kind::kSfixed32: return kFixed32;
    case Kind::kString:
    case Kind::kBytes:
    case Kind::kMessage: return kLength;
    case Kind::kGroup: return kStartGroup;
    default: return kVarint;
  }
}

// What decoder and encoder rely on: that field `number` is what Google's file says. A set can bring
// another message of that name, which is then a message like any other.
bool has(const pb::Descriptor& message, int number, pb::FieldDescriptor::Type type,
         bool repeated = false) {
  const pb::FieldDescriptor* field = message.FindFieldByNumber(number);
  return field != nullptr && field->type() == type && field->is_repeated() == repeated;
}

WellKnown well_known(const pb::Descriptor& m) {
  using F = pb::FieldDescriptor;
  const auto is = [&](WellKnown kind, int count, bool right) {
    return m.field_count() == count && right ? kind : WellKnown::kNone;
  };
  switch (m.well_known_type()) {
    case pb::Descriptor::WELLKNOWNTYPE_ANY:
      return is(WellKnown::kAny, 2, has(m, 1, F::TYPE_STRING) && has(m, 2, F::TYPE_BYTES));
    case pb::Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      return is(WellKnown::kTimestamp, 2, has(m, 1, F::TYPE_INT64) && has(m, 2, F::TYPE_INT32));
    case pb::Descriptor::WELLKNOWNTYPE_DURATION:
      return is(WellKnown::kDuration, 2, has(m, 1, F::TYPE_INT64) && has(m, 2, F::TYPE_INT32));
    case pb::Descriptor::WELLKNOWNTYPE_FIELDMASK:
      return is(WellKnown::kFieldMask, 1, has(m, 1, F::TYPE_STRING, true));
    case pb::Descriptor::WELLKNOWNTYPE_STRUCT:
      return is(WellKnown::kStruct, 1,
                has(m, 1, F::TYPE_MESSAGE, true) && m.field(0)->is_map() &&
                    has(*m.field(0)->message_type(), 1, F::TYPE_STRING) &&
                    has(*m.field(0)->message_type(), 2, F::TYPE_MESSAGE));
    case pb::Descriptor::WELLKNOWNTYPE_VALUE:
      return is(WellKnown::kValue, 6,
                has(m, 1, F::TYPE_ENUM) && has(m, 2, F::TYPE_DOUBLE) && has(m, 3, F::TYPE_STRING) &&
                    has(m, 4, F::TYPE_BOOL) && has(m, 5, F::TYPE_MESSAGE) &&
                    has(m, 6, F::TYPE_MESSAGE) && m.real_oneof_decl_count() == 1 &&
                    m.oneof_decl(0)->field_count() == 6);
    case pb::Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return is(WellKnown::kListValue, 1,
                has(m, 1, F::TYPE_MESSAGE, true) && !m.field(0)->is_map());
    case pb::Descriptor::WELLKNOWNTYPE_DOUBLEVALUE:
    case pb::Descriptor::WELLKNOWNTYPE_FLOATVALUE:
    case pb::Descriptor::WELLKNOWNTYPE_INT64VALUE:
    case pb::Descriptor::WELLKNOWNTYPE_UINT64VALUE:
    case pb::Descriptor::WELLKNOWNTYPE_INT32VALUE:
    case pb::Descriptor::WELLKNOWNTYPE_UINT32VALUE:
    case pb::Descriptor::WELLKNOWNTYPE_STRINGVALUE:
    case pb::Descriptor::WELLKNOWNTYPE_BYTESVALUE:
    case pb::Descriptor::WELLKNOWNTYPE_BOOLVALUE:
      return is(WellKnown::kWrapper, 1,
                m.field_count() == 1 && m.field(0)->number() == 1 && !m.field(0)->is_repeated() &&
                    m.field(0)->cpp_type() != F::CPPTYPE_MESSAGE && !m.field(0)->has_presence());
    case pb::Descriptor::WELLKNOWNTYPE_UNSPECIFIED: break;
  }
  return WellKnown::kNone;
}

}  // namespace

const std::string* Enum::name_of(int32_t number) const {
  const auto at =
      std::lower_bound(values.begin(), values.end(), number,
                       [](const Value& value, int32_t wanted) { return value.number < wanted; });
  return at != values.end() && at->number == number ? &at->name : nullptr;
}

int32_t Message::find_sparse(uint32_t number) const {
  const auto at =
      std::lower_bound(fields.begin(), fields.end(), number,
                       [](const Field& field, uint32_t wanted) { return field.number < wanted; });
  if (at == fields.end() || at->number != number) return -1;
  return static_cast<int32_t>(at - fields.begin());
}

void Message::index() {
  uint32_t largest = 0;
  for (const Field& field : fields) {
    if (field.number < kDense) largest = field.number;
  }
  dense_.assign(largest + 1, -1);
  for (size_t i = 0; i < fields.size(); ++i) {
    const auto index = static_cast<int32_t>(i);
    if (fields[i].number <= largest) dense_[fields[i].number] = index;
    names_.emplace(fields[i].json_name, index);
  }
  // Where one field has the JSON name that another has in the file, the JSON name counts.
  for (size_t i = 0; i < fields.size(); ++i) {
    names_.emplace(fields[i].name, static_cast<int32_t>(i));
  }
}

Schema::Schema(const DescriptorSet& set, const std::vector<const pb::Descriptor*>& roots,
               bool proto_names)
    : pool_(&set.pool()), proto_names_(proto_names) {
  for (const pb::Descriptor* root : roots) add(*root);
  bool all = false;
  for (size_t i = 0; i < messages_.size(); ++i) {
    const pb::Descriptor& from = *waiting_[i];
    fill(messages_[i], from);
    if (messages_[i].well_known != WellKnown::kAny || all) continue;
    all = true;  // what it holds can be of any type
    for (const pb::Descriptor* other : set.messages()) add(*other);
  }
  waiting_.clear();
  pool_ = nullptr;
}

const Message* Schema::find(std::string_view full_name) const {
  const auto at = by_name_.find(full_name);
  return at == by_name_.end() ? nullptr : at->second;
}

const Message* Schema::add(const pb::Descriptor& from) {
  if (const Message* there = find(from.full_name())) return there;
  Message& to = messages_.emplace_back();
  to.full_name = from.full_name();
  by_name_.emplace(to.full_name, &to);
  waiting_.push_back(&from);
  return &to;
}

const Enum* Schema::add(const pb::EnumDescriptor& from) {
  const auto there = enums_by_name_.find(from.full_name());
  if (there != enums_by_name_.end()) return there->second;
  Enum& to = enums_.emplace_back();
  to.full_name = from.full_name();
  enums_by_name_.emplace(to.full_name, &to);
  to.is_null = to.full_name == "google.protobuf.NullValue";
  to.first = from.value(0)->number();  // there always is one
  for (int i = 0; i < from.value_count(); ++i) {
    to.values.push_back({from.value(i)->number(), from.value(i)->name()});
    to.numbers.emplace(from.value(i)->name(), from.value(i)->number());
  }
  std::stable_sort(to.values.begin(), to.values.end(),
                   [](const Enum::Value& a, const Enum::Value& b) { return a.number < b.number; });
  const auto last =
      std::unique(to.values.begin(), to.values.end(),
                  [](const Enum::Value& a, const Enum::Value& b) { return a.number == b.number; });
  to.values.erase(last, to.values.end());
  return &to;
}

void Schema::fill(Message& to, const pb::Descriptor& from) {
  to.well_known = well_known(from);
  std::vector<const pb::FieldDescriptor*> extensions;
  pool_->FindAllExtensions(&from, &extensions);
  to.fields.reserve(static_cast<size_t>(from.field_count()) + extensions.size());
  for (int i = 0; i < from.field_count(); ++i) fill(to.fields.emplace_back(), *from.field(i));
  for (const pb::FieldDescriptor* extension : extensions) {
    fill(to.fields.emplace_back(), *extension);
  }
  std::sort(to.fields.begin(), to.fields.end(),
            [](const Field& a, const Field& b) { return a.number < b.number; });
  to.oneof_count = static_cast<uint32_t>(from.real_oneof_decl_count());
  for (const Field& field : to.fields) to.required_count += field.required ? 1 : 0;
  to.index();
}

void Schema::fill(Field& to, const pb::FieldDescriptor& from) {
  to.number = static_cast<uint32_t>(from.number());
  to.kind = kind_of(from.type());
  to.wire = wire_type_of(to.kind);
  to.repeated = from.is_repeated();
  to.map = from.is_map();
  to.packed = from.is_packed();
  to.required = from.is_required();
  to.presence = from.has_presence();
  // Real oneofs come first in a message, before those that `optional` makes up.
  if (const pb::OneofDescriptor* oneof = from.real_containing_oneof()) to.oneof = oneof->index();
  if (const pb::Descriptor* message = from.message_type()) to.message = add(*message);
  if (const pb::EnumDescriptor* e = from.enum_type()) {
    to.enumeration = add(*e);
    to.closed = from.file()->syntax() == pb::FileDescriptor::SYNTAX_PROTO2;
  }
  to.name = from.is_extension() ? "[" + from.full_name() + "]" : from.name();
  to.json_name = from.is_extension() ? to.name : from.json_name();
  plugin_common::append_json_string(to.key, proto_names_ ? to.name : to.json_name);
  to.key += ':';
}

}  // namespace streamhost::protobuf
