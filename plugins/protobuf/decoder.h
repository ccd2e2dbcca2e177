// Serialized messages to JSON text, straight from the wire by the tables of a schema.
//
// A message can come in any order and in pieces: of a single field the last one counts, several
// single messages are merged, elements may be packed or not, map entries replace each other. So
// each message is scanned once, which puts its fields into lists, and then printed by number. The
// lists of a message lie on top of those of the message around it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bytes.h"
#include "place.h"
#include "schema.h"

namespace streamhost::protobuf {

struct DecodeOptions {
  bool defaults = false;             // print fields that have no presence, too
  bool enum_numbers = false;         // numbers in place of names
  bool integers_as_numbers = false;  // 64-bit ones without quotes
  bool fail_on_unknown = false;      // fields that the schema does not have
};

// One per step instance; keeps its memory from record to record. [worker]
class Decoder {
 public:
  explicit Decoder(DecodeOptions options) : options_(options) {}

  // Appends `payload`, a message of type `type` of `schema`, as JSON. Throws bad_data that says at
  // which byte, counted from `offset`, and in which field something is wrong.
  void decode(const Schema& schema, const Message& type, std::string_view payload, size_t offset,
              Bytes& to);

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  // One value on the wire.
  struct Item {
    const uint8_t* at = nullptr;  // where the value, or what is in it, begins
    uint64_t bits = 0;            // a number as it was read, or the length of what is at `at`
    uint32_t next = kNone;        // of the same field
    bool packed = false;
  };
  // The items of one field of a message; of a oneof, the field that is set.
  struct List {
    uint32_t first = kNone, last = kNone;
  };
  // An entry of a map.
  struct Entry {
    std::string_view text;  // the key, of maps by strings
    uint64_t bits = 0;      // the key, of others
    const uint8_t* at = nullptr;
    uint64_t size = 0;
    uint32_t order = 0;     // in which it came
    bool replaced = false;  // a later one has the same key
    bool same_key(const Entry& o) const { return bits == o.bits && text == o.text; }
  };

  [[noreturn]] void fail(const uint8_t* at, const std::string& what) const;

  // Puts the fields at [p, end) into lists_[base ...].
  void scan(const Message& type, const uint8_t* p, const uint8_t* end, size_t base);
  void add(const Message& type, size_t base, uint32_t index, const Item& item);
  // Throws what is wrong with a value that another takes the place of.
  void check_replaced(const Field& field, List list);
  // The end of the group that begins at `p`, its end tag; `after` is behind that.
  const uint8_t* group_end(const uint8_t* p, const uint8_t* end, uint32_t number, uint32_t depth,
                           const uint8_t*& after) const;
  // Goes over one value of an unknown field.
  const uint8_t* skip(const uint8_t* p, const uint8_t* end, uint64_t tag, uint32_t depth) const;
  void check_required(const Message& type, size_t base, const uint8_t* at) const;

  // Prints a message. `opened`: the brace and a member stand there already.
  void message(const Message& type, const uint8_t* p, const uint8_t* end, bool opened = false);
  void fields(const Message& type, size_t base, bool opened);
  void single(const Field& field, List list);
  // Print the whole of a field; false when nothing of it was printed but the brackets.
  bool elements(const Field& field, List list);
  bool entries(const Field& field, List list);
  Entry entry(const Message& type, const Item& item, uint32_t order);
  // Of entries with one key the last counts; the others are printed only to check them.
  void mark_replaced(size_t first);
  void map_key(const Field& key, const Entry& entry);
  void value(const Field& field, const Item& item);
  void default_value(const Field& field);
  // One number of a packed field; the place behind it.
  const uint8_t* packed_item(const Field& field, const uint8_t* p, const uint8_t* end, Item& item);

  void any(size_t base, const uint8_t* at);
  void timestamp(size_t base, const uint8_t* at);
  void duration(size_t base, const uint8_t* at);
  void field_mask(size_t base);
  void value_message(const Message& type, size_t base, const uint8_t* at);
  int64_t number_at(size_t list) const;
  std::string_view text_at(size_t list) const;
  static bool is_default(const Field& field, const Item& item);
  static bool is_unknown(const Field& field, uint64_t bits);

  const Schema* schema_ = nullptr;
  const DecodeOptions options_;
  const uint8_t* begin_ = nullptr;  // of the payload
  const uint8_t* end_ = nullptr;
  size_t offset_ = 0;
  Bytes* to_ = nullptr;
  uint32_t depth_ = 0;
  Place place_;
  std::vector<Item> items_;
  std::vector<List> lists_;
  std::vector<Entry> entries_;
};

}  // namespace streamhost::protobuf
