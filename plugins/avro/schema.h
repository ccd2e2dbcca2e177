// Avro schemas as trees of nodes.
//
// The trees are ours and not libavro's because our decoder and encoder go from bytes to JSON text
// and back in one pass, guided by nodes that are laid out for that. libavro (avro-c 1.11) can
// neither read JSON into a value nor resolve aliases and defaults, and its decoder does not stand
// hostile bytes: a length of 2^62 is allocated before it is compared with what is there, an array
// of nulls runs for as many items as it claims to have, nested values overrun the stack, and an
// enum's index is not looked at. The tests use it to compare with.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace streamhost::avro {

enum class Type : uint8_t {
  kNull,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kBytes,
  kString,  // in this order: primitive
  kRecord,
  kEnum,
  kArray,
  kMap,
  kUnion,
  kFixed
};

enum class Logical : uint8_t {
  kNone,
  kDecimal,
  kUuid,
  kDate,
  kTimeMillis,
  kTimeMicros,
  kTimestampMillis,
  kTimestampMicros,
  kLocalTimestampMillis,
  kLocalTimestampMicros,
  kDuration
};

// Of an int or long: a date, a time of day or a timestamp.
inline bool is_time(Logical logical) {
  return logical >= Logical::kDate && logical <= Logical::kLocalTimestampMicros;
}

// What the schema's JSON calls it: "long".
std::string_view name_of(Type type);

struct Node;

struct Field {
  std::string name;
  std::string key;  // the name in quotes and a colon, as most JSON has it
  std::vector<std::string> aliases;
  const Node* type = nullptr;
  bool has_default = false;
  std::string default_binary;  // the default as Avro binary, when defaults were asked for
};

// One type of a schema. Constant once the schema is parsed.
struct Node {
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
  };
  using Index = std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>>;

  Type type = Type::kNull;
  Logical logical = Logical::kNone;
  bool empty = false;                // its values take no bytes
  std::string name;                  // full name of a record, enum or fixed; else the type's
  std::vector<std::string> aliases;  // full names
  std::vector<Field> fields;         // of a record
  std::vector<std::string> symbols;  // of an enum
  Index index;                       // fields or symbols by name
  std::optional<uint32_t> default_symbol;
  std::vector<const Node*> branches;  // of a union; of an array or map: the one of its items
  uint32_t size = 0;                  // of a fixed, in bytes
  uint32_t precision = 0, scale = 0;  // of a decimal

  bool is_named() const {
    return type == Type::kRecord || type == Type::kEnum || type == Type::kFixed;
  }
  // Without its namespace.
  std::string_view short_name() const;
  // The place of a field or symbol; empty when there is none of that name.
  std::optional<uint32_t> find(std::string_view field_or_symbol) const;
};

// What is done about the defaults of fields. A schema that data was only written with need not have
// good ones.
enum class Defaults { kIgnored, kNeeded };

// A parsed schema. Immutable, so any thread may read it.
class Schema {
 public:
  // `text`: the schema as JSON. `references`: schemas that define names it uses, each before those
  // that use it. Throws bad_data that says where in the JSON (as a JSON Pointer) what is wrong.
  static std::shared_ptr<const Schema> parse(std::string_view text, Defaults defaults,
                                             const std::vector<std::string>& references = {});

  const Node& root() const { return *root_; }

 private:
  friend class SchemaParser;
  std::deque<Node> nodes_;
  const Node* root_ = nullptr;
};

}  // namespace streamhost::avro
