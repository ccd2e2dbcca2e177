// Encoder: values that are no messages.
#include "encoder.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace streamhost::protobuf {
namespace {

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

}  // namespace streamhost::protobuf
