// JSON text to serialized messages, straight to the wire by the tables of a schema.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bytes.h"
#include "json_reader.h"
#include "place.h"
#include "schema.h"

namespace streamhost::protobuf {

// One per step instance; keeps its memory from record to record. [worker]
class Encoder {
 public:
  // `ignore_unknown`: names that the type does not have are passed over.
  explicit Encoder(bool ignore_unknown) : ignore_unknown_(ignore_unknown) {}

  // Appends the message of type `type` of `schema` that `json` stands for, its fields in the order
  // of the text. Throws bad_data that says at which byte and in which field something is wrong.
  void encode(const Schema& schema, const Message& type, std::string_view json, Bytes& to);

 private:
  // Each reads one value and appends the content of a message, without tag and length.
  void message(const Message& type);
  // The members of an object, its brace taken. `skip`: a name that is passed over, or null.
  void members(const Message& type, const char* skip);
  void member(const Message& type, size_t seen, int32_t index, size_t at);
  void any();
  void value_message(const Message& type);
  void seconds_and_nanos(const Message& type);
  void field_mask(const Message& type);

  // Each reads one value and appends it with its tag.
  void single(const Field& field, bool keep_default);
  void elements(const Field& field);
  void entries(const Field& field);

  // Reads one value that is no message and appends it without a tag. False: it is the default.
  bool scalar(const Field& field);
  // The same for the name of a map's entry, which was read to be `text`.
  void map_key(const Field& field, std::string_view text, size_t at);
  bool put_scalar(const Field& field, uint64_t bits);
  bool enumeration(const Field& field);
  bool base64(std::string_view text, size_t at);

  // The number that the text of a JSON number, or of a string, is; in the range of `field`.
  uint64_t number_bits(const Field& field, std::string_view text, size_t at) const;
  template <class Integer>
  Integer integer(std::string_view text, size_t at) const;
  template <class Float>
  Float real(std::string_view text, size_t at) const;

  bool at_null() { return in_->peek() == 'n'; }
  // Whether null is a value of this field, not the lack of one.
  static bool takes_null(const Field& field);
  void tag(const Field& field, WireType type);
  void check_required(const Message& type, size_t seen) const;
  void deeper();

  const Schema* schema_ = nullptr;
  const bool ignore_unknown_;
  JsonReader* in_ = nullptr;
  Bytes* to_ = nullptr;
  uint32_t depth_ = 0;
  Place place_;
  std::vector<uint8_t> seen_;  // a byte for each field and oneof of each message one is in
};

}  // namespace streamhost::protobuf
