// Message types as decoder and encoder need them: descriptors boiled down to tables. Once made,
// nothing of libprotobuf is called any more.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "descriptor_set.h"
#include "wire.h"

namespace streamhost::protobuf {

// The type of a field, as in a .proto file.
enum class Kind : uint8_t {
  kDouble,
  kFloat,
  kInt32,
  kInt64,
  kUint32,
  kUint64,
  kSint32,
  kSint64,
  kFixed32,
  kFixed64,
  kSfixed32,
  kSfixed64,
  kBool,
  kEnum,
  kString,
  kBytes,
  kMessage,
  kGroup
};

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
// Messages that have a JSON form of their own.
enum class WellKnown : uint8_t {
  kNone,
  kAny,
  kTimestamp,
  kDuration,
  kFieldMask,
  kStruct,
  kValue,
  kListValue,
  kWrapper
};

struct Enum {
  struct Value {
    int32_t number;
    std::string name;
  };
  std::string full_name;
  bool is_null = false;       // google.protobuf.NullValue
  int32_t first = 0;          // the value that is declared first: the default
  std::vector<Value> values;  // by number; of several names for one number the first
  std::unordered_map<std::string, int32_t> numbers;  // of all names

  // Null when no name has this number.
  const std::string* name_of(int32_t number) const;
};

struct Message;

struct Field {
  uint32_t number = 0;
  Kind kind = Kind::kBool;
  WireType wire = kVarint;  // of a single value
  bool repeated = false;    // also of a map
  bool map = false;
  bool packed = false;  // when it is written
  bool required = false;
  bool presence = false;             // a single field that can be told from one with the default
  bool closed = false;               // of an enum: numbers without a name count as unknown fields
  int32_t oneof = -1;                // index into the oneofs of the message
  const Message* message = nullptr;  // kMessage and kGroup
  const Enum* enumeration = nullptr;
  std::string name;       // as messages show it, and as in the .proto file; "[a.b]" of extensions
  std::string json_name;  // lowerCamelCase, or json_name
  std::string key;        // "name": as it is printed

  // Whether several values may come as one field of bytes.
  bool packable() const { return repeated && kind < Kind::kString; }
};

struct Message {
  std::string full_name;
  WellKnown well_known = WellKnown::kNone;
  uint32_t oneof_count = 0;
  uint32_t required_count = 0;
  std::vector<Field> fields;  // by number

  // Index of the field with this number, or -1.
  int32_t find(uint32_t number) const {
    if (number < dense_.size()) return dense_[number];
    return find_sparse(number);
  }
  // Index of the field with this name, in either spelling, or -1. `guess` is looked at first: most
  // texts have the fields in their order.
  int32_t find(std::string_view name, int32_t guess) const {
    const auto first = static_cast<size_t>(guess);
    if (first < fields.size() && fields[first].json_name == name) return guess;
    const auto at = names_.find(name);
    return at == names_.end() ? -1 : at->second;
  }

 private:
  friend class Schema;
  int32_t find_sparse(uint32_t number) const;
  void index();

  std::vector<int32_t> dense_;  // by number, where those are small
  std::unordered_map<std::string_view, int32_t> names_;
};

// The types that can be met in messages of the given types. Immutable; [any thread].
class Schema {
 public:
  // `proto_names`: Field::key is the name in the .proto file.
  Schema(const DescriptorSet& set, const std::vector<const google::protobuf::Descriptor*>& roots,
         bool proto_names);
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

  // The type with this full name; null when it is not there. All types of the set are there when an
  // Any can be met.
  const Message* find(std::string_view full_name) const;

 private:
  const Message* add(const google::protobuf::Descriptor& from);
  const Enum* add(const google::protobuf::EnumDescriptor& from);
  void fill(Message& to, const google::protobuf::Descriptor& from);
  void fill(Field& to, const google::protobuf::FieldDescriptor& from);

  const google::protobuf::DescriptorPool* pool_;  // while the schema is made
  bool proto_names_;
  std::deque<Message> messages_;
  std::deque<Enum> enums_;
  std::vector<const google::protobuf::Descriptor*> waiting_;  // of messages_, not yet filled
  std::unordered_map<std::string_view, const Message*> by_name_;
  std::unordered_map<std::string_view, const Enum*> enums_by_name_;
};

}  // namespace streamhost::protobuf
