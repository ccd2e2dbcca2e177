#include "encoder.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "well_known.h"

namespace streamhost::protobuf {
namespace {

constexpr uint64_t bits_of(int32_t n) { return static_cast<uint64_t>(static_cast<int64_t>(n)); }

// The value of a base64 digit, of either alphabet, or -1.
int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

}  // namespace

void Encoder::encode(const Schema& schema, const Message& type, std::string_view json, Bytes& to) {
  schema_ = &schema;
  JsonReader in(json);
  in_ = &in;
  to_ = &to;
  depth_ = 0;
  place_.clear();
  seen_.clear();
  try {
    if (at_null() && type.well_known != WellKnown::kValue) {
      in.fail(in.at(), "null is no " + type.full_name);
    }
    message(type);
    in.end();
  } catch (const Error& e) {
    const std::string place = place_.text();
    if (place.empty() || e.status() != SH_E_DATA) throw;
    throw bad_data("in field " + place + ", " + e.what());
  }
}

void Encoder::deeper() {
  if (++depth_ <= kMaxDepth) return;
  in_->fail(in_->at(), "more than " + std::to_string(kMaxDepth) + " messages within each other");
}

void Encoder::tag(const Field& field, WireType type) { to_->varint(field.number << 3 | type); }

void Encoder::message(const Message& type) {
  deeper();
  switch (type.well_known) {
    case WellKnown::kNone:
      in_->expect('{');
      members(type, nullptr);
      break;
    case WellKnown::kAny: any(); break;
    case WellKnown::kTimestamp:
    case WellKnown::kDuration: seconds_and_nanos(type); break;
    case WellKnown::kFieldMask: field_mask(type); break;
    case WellKnown::kStruct: entries(type.fields[0]); break;
    case WellKnown::kListValue: elements(type.fields[0]); break;
    case WellKnown::kValue: value_message(type); break;
    case WellKnown::kWrapper: single(type.fields[0], false); break;
  }
  --depth_;
}

void Encoder::members(const Message& type, const char* skip) {
  const size_t seen = seen_.size();
  seen_.resize(seen + type.fields.size() + type.oneof_count, 0);
  int32_t index = -1;
  if (!in_->take('}')) {
    do {
      in_->peek();
      const size_t at = in_->at();
      const std::string_view name = in_->string("the name of a field");
      index = type.find(name, index + 1);
      if (index < 0) {
        const bool skipped = skip != nullptr && name == skip;
        if (!skipped && !ignore_unknown_) {
          in_->fail(at,
                    type.full_name + " has no field \"" + std::string(name.substr(0, 100)) + "\"");
        }
        in_->expect(':');
        in_->skip();
      } else {
        in_->expect(':');
        member(type, seen, index, at);
      }
    } while (in_->take(','));
    in_->expect('}');
  }
  if (type.required_count != 0) check_required(type, seen);
  seen_.resize(seen);
}

void Encoder::member(const Message& type, size_t seen, int32_t index, size_t at) {
  const Field& field = type.fields[static_cast<size_t>(index)];
  place_.enter(field);
  if (at_null() && (field.repeated || !takes_null(field))) {
    in_->null();  // as if it were not there
  } else {
    uint8_t& there = seen_[seen + static_cast<size_t>(index)];
    if (there != 0) in_->fail(at, "the field is given twice");
    there = 1;
    if (field.oneof >= 0) {
      uint8_t& set = seen_[seen + type.fields.size() + static_cast<size_t>(field.oneof)];
      if (set != 0) in_->fail(at, "another field of the same oneof is given, too");
      set = 1;
    }
    if (field.map) {
      entries(field);
    } else if (field.repeated) {
      elements(field);
    } else {
      single(field, field.presence);
    }
  }
  place_.leave();
}

void Encoder::check_required(const Message& type, size_t seen) const {
  std::string missing;
  for (size_t i = 0; i < type.fields.size(); ++i) {
    if (!type.fields[i].required || seen_[seen + i] != 0) continue;
    missing += (missing.empty() ? "" : ", ") + type.fields[i].name;
  }
  if (!missing.empty()) in_->fail(in_->at(), type.full_name + " lacks required fields: " + missing);
}

bool Encoder::takes_null(const Field& field) {
  if (field.kind == Kind::kEnum) return field.enumeration->is_null;
  return field.kind == Kind::kMessage && field.message->well_known == WellKnown::kValue;
}

void Encoder::single(const Field& field, bool keep_default) {
  if (field.kind == Kind::kGroup) {
    tag(field, kStartGroup);
    message(*field.message);
    tag(field, kEndGroup);
    return;
  }
  const size_t mark = to_->size();
  tag(field, field.wire);
  if (field.kind == Kind::kMessage) {
    const size_t begin = to_->begin_length();
    message(*field.message);
    to_->end_length(begin);
    return;
  }
  if (!scalar(field) && !keep_default) to_->truncate(mark);
}

void Encoder::elements(const Field& field) {
  in_->expect('[');
  if (in_->take(']')) return;
  const bool packed = field.packed && field.packable();
  size_t begin = 0;
  if (packed) {
    tag(field, kLength);
    begin = to_->begin_length();
  }
  uint32_t index = 0;
  do {
    place_.element(index++);
    if (at_null() && !takes_null(field)) in_->fail(in_->at(), "null is no element");
    if (packed) {
      scalar(field);
    } else {
      single(field, true);
    }
  } while (in_->take(','));
  in_->expect(']');
  if (packed) to_->end_length(begin);
}

void Encoder::entries(const Field& field) {
  const Field &key = field.message->fields[0], &mapped = field.message->fields[1];
  in_->expect('{');
  if (in_->take('}')) return;
  uint32_t index = 0;
  do {
    place_.element(index++);
    tag(field, kLength);
    const size_t begin = to_->begin_length();
    in_->peek();
    const size_t at = in_->at();
    map_key(key, in_->string("a name"), at);
    in_->expect(':');
    if (at_null() && !takes_null(mapped)) in_->fail(in_->at(), "null is no value of a map");
    single(mapped, true);
    to_->end_length(begin);
  } while (in_->take(','));
  in_->expect('}');
}

void Encoder::map_key(const Field& field, std::string_view text, size_t at) {
  if (field.kind == Kind::kString) {
    tag(field, kLength);
    to_->varint(text.size());
    to_->append(text);
    return;
  }
  tag(field, field.wire);
  if (field.kind != Kind::kBool) {
    put_scalar(field, number_bits(field, text, at));
  } else if (text == "true" || text == "false") {
    put_scalar(field, text == "true" ? 1 : 0);
  } else {
    in_->fail(at, "the key is neither true nor false");
  }
}

bool Encoder::scalar(const Field& field) {
  const char next = in_->peek();
  const size_t at = in_->at();
  switch (field.kind) {
    case Kind::kBool: return put_scalar(field, in_->boolean() ? 1 : 0);
    case Kind::kEnum: return enumeration(field);
    case Kind::kString: {
      const std::string_view text = in_->string();
      to_->varint(text.size());
      to_->append(text);
      return !text.empty();
    }
    case Kind::kBytes: return base64(in_->string("a string of base64"), at);
    default:
      return put_scalar(field, number_bits(field, next == '"' ? in_->string() : in_->number(), at));
  }
}

bool Encoder::put_scalar(const Field& field, uint64_t bits) {
  switch (field.wire) {
    case kFixed64: to_->fixed(bits, 8); break;
    case kFixed32: to_->fixed(bits, 4); break;
    default: to_->varint(bits);
  }
  return bits != 0;
}

bool Encoder::enumeration(const Field& field) {
  const Enum& type = *field.enumeration;
  const char next = in_->peek();
  const size_t at = in_->at();
  if (type.is_null && next == 'n') {
    in_->null();
    return put_scalar(field, 0);
  }
  if (next == '"') {
    const std::string name(in_->string());
    const auto found = type.numbers.find(name);
    if (found == type.numbers.end()) {
      in_->fail(at, type.full_name + " has no value \"" + name.substr(0, 100) + "\"");
    }
    return put_scalar(field, bits_of(found->second));
  }
  const auto number = integer<int32_t>(in_->number(), at);
  if (field.closed && type.name_of(number) == nullptr) {
    in_->fail(at, type.full_name + " has no value " + std::to_string(number));
  }
  return put_scalar(field, bits_of(number));
}

bool Encoder::base64(std::string_view text, size_t at) {
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  if (text.size() % 4 == 1) in_->fail(at, "the base64 text is cut off");
  to_->varint(text.size() * 3 / 4);
  char* to = to_->room(text.size());
  uint32_t bits = 0;
  uint32_t count = 0;
  for (const char c : text) {
    const int digit = base64_digit(c);
    if (digit < 0) in_->fail(at, "the string is not base64");
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    *to++ = static_cast<char>(bits >> count);
  }
  to_->keep(to);
  return !text.empty();
}

uint64_t Encoder::number_bits(const Field& field, std::string_view text, size_t at) const {
  switch (field.kind) {
    case Kind::kDouble: return std::bit_cast<uint64_t>(real<double>(text, at));
    case Kind::kFloat: return std::bit_cast<uint32_t>(real<float>(text, at));
    case Kind::kInt32: return bits_of(integer<int32_t>(text, at));
    case Kind::kSfixed32: return static_cast<uint32_t>(integer<int32_t>(text, at));
    case Kind::kSint32: return zigzag32(integer<int32_t>(text, at));
    case Kind::kUint32:
    case Kind::kFixed32: return integer<uint32_t>(text, at);
    case Kind::kSint64: return zigzag64(integer<int64_t>(text, at));
    case Kind::kUint64:
    case Kind::kFixed64: return integer<uint64_t>(text, at);
    default: return static_cast<uint64_t>(integer<int64_t>(text, at));
  }
}

template <class Integer>
Integer Encoder::integer(std::string_view text, size_t at) const {
  Integer value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (stop == end && error == std::errc() && !text.empty()) return value;
  // 1e3 and 5.0 are integers, too.
  double number = 0;
  const auto [last, problem] = std::from_chars(text.data(), end, number);
  const double limit = std::ldexp(1.0, std::numeric_limits<Integer>::digits);
  const bool plain = text.find_first_not_of("0123456789-+.eE") == std::string_view::npos;
  if (last == end && problem == std::errc() && plain && !text.empty()) {
    if (number != std::floor(number)) {
      in_->fail(at, std::string(text.substr(0, 40)) + " is no integer");
    }
    const double least = std::numeric_limits<Integer>::is_signed ? -limit : 0;
    // An integer as text was told to be out of range already.
    const bool exact = text.find_first_of(".eE") != std::string_view::npos;
    if (exact && number >= least && number < limit) return static_cast<Integer>(number);
    in_->fail(at, std::string(text.substr(0, 40)) + " is out of range");
  }
  in_->fail(at, "\"" + std::string(text.substr(0, 40)) + "\" is no number");
}

template <class Float>
Float Encoder::real(std::string_view text, size_t at) const {
  using Limits = std::numeric_limits<Float>;
  if (text == "NaN") return Limits::quiet_NaN();
  if (text == "Infinity") return Limits::infinity();
  if (text == "-Infinity") return -Limits::infinity();
  Float value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  const bool plain = text.find_first_not_of("0123456789-+.eE") == std::string_view::npos;
  if (stop != end || text.empty() || !plain) {
    in_->fail(at, "\"" + std::string(text.substr(0, 40)) + "\" is no number");
  }
  if (error == std::errc()) return value;
  // Too large, or so small that it is 0 or nearly so, which from_chars tells with one word.
  const double wide = std::strtod(std::string(text).c_str(), nullptr);
  if (std::fabs(wide) > 1) in_->fail(at, std::string(text.substr(0, 40)) + " is out of range");
  return static_cast<Float>(wide);
}

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
