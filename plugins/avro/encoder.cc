#include "encoder.h"

#include <simdjson.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "base64.h"
#include "logical.h"

namespace streamhost::avro {
namespace {

static_assert(std::endian::native == std::endian::little, "Avro's floats are");

char* write_varint(char* to, int64_t number) {
  uint64_t n = (static_cast<uint64_t>(number) << 1) ^ static_cast<uint64_t>(number >> 63);
  while (n >= 128) {
    *to++ = static_cast<char>(n | 128);
    n >>= 7;
  }
  *to++ = static_cast<char>(n);
  return to;
}

// A number of JSON that is a whole one, however it is written; exact.
bool whole(std::string_view text, int64_t* number) {
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, *number);
  if (result.ec == std::errc() && result.ptr == end) return true;
  if (text.find_first_of(".eE") == text.npos) return false;
  double real = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, real);
  if (error != std::errc() || stop != end) return false;
  if (std::trunc(real) != real || std::fabs(real) > 9007199254740992.0) return false;
  *number = static_cast<int64_t>(real);
  return true;
}

// Bytes, of which each is a character up to U+00FF. False for others.
bool latin1(std::string_view text, std::string& bytes) {
  bytes.clear();
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<uint8_t>(text[i]);
    if (first < 0x80) {
      bytes += text[i++];
    } else if (first <= 0xC3 && i + 1 < text.size()) {
      bytes += static_cast<char>((first & 3) << 6 | (text[i + 1] & 0x3F));
      i += 2;
    } else {
      return false;
    }
  }
  return true;
}

// A uuid's 36 characters as its 16 bytes.
bool uuid_bytes(std::string_view text, std::string& bytes) {
  bytes.clear();
  if (text.size() != 36) return false;
  for (size_t i = 0; i < 36;) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i++] != '-') return false;
      continue;
    }
    uint8_t byte = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    if (error != std::errc() || end != text.data() + i + 2) return false;
    bytes += static_cast<char>(byte);
    i += 2;
  }
  return true;
}

std::string with_article(const Node& type) {
  const bool vowel = std::string_view("aeiou").find(type.name[0]) != std::string_view::npos;
  if (type.is_named()) {
    return (type.type == Type::kEnum ? "an " : "a ") + std::string(name_of(type.type)) + " " +
           type.name;
  }
  if (type.type == Type::kNull || type.type == Type::kBytes) return type.name;
  return (vowel ? "an " : "a ") + type.name;
}

}  // namespace

bool Encoder::encode(const Node& type, std::string_view json, Buffer& out) {
  in_ = JsonCursor(json);
  out_ = &out;
  places_.clear();
  problem_.quiet = 0;
  wasted_ = 0;
  may_waste_ = 32 * json.size() + 4096;
  if (!simdjson::validate_utf8(json.data(), json.size())) {
    return fail("the value is not UTF-8");
  }
  if (!value(type, 0)) return false;
  if (!in_.at_end()) return fail("the value is not JSON: there is more behind it");
  return true;
}

void Encoder::put_long(int64_t number) { out_->keep_to(write_varint(out_->room(10), number)); }

bool Encoder::unexpected(const Node& type) {
  const char* const what = in_.what();
  return fail(std::string(what) + " is there where " + with_article(type) + " should be");
}

bool Encoder::value(const Node& type, int depth) {
  switch (type.type) {
    case Type::kNull: return in_.word("null") || unexpected(type);
    case Type::kBoolean: {
      const bool yes = in_.peek() == 't';
      if (!in_.word(yes ? "true" : "false")) return unexpected(type);
      out_->push(yes ? '\1' : '\0');
      return true;
    }
    case Type::kInt:
    case Type::kLong: return integer(type);
    case Type::kFloat:
    case Type::kDouble: return real(type);
    case Type::kBytes:
    case Type::kFixed: return bytes(type);
    case Type::kString: {
      if (in_.peek() != '"') return unexpected(type);
      std::string_view text;
      if (!in_.string(&text)) return not_json();
      put_long(static_cast<int64_t>(text.size()));
      out_->append(text);
      return true;
    }
    case Type::kEnum: return symbol(type);
    case Type::kRecord: return record(type, depth + 1);
    case Type::kArray:
    case Type::kMap: return items(type, depth + 1);
    case Type::kUnion: return branch(type, depth);
  }
  return false;
}

bool Encoder::integer(const Node& type) {
  const char* const from = in_.at();
  int64_t number = 0;
  std::string_view text;
  if (form_.logical && is_time(type.logical) && in_.peek() == '"') {
    if (!in_.string(&text)) return not_json();
    const auto time = read_time(text, type.logical);
    if (!time) {
      const std::string shown(text.substr(0, 60));
      in_.go(from);
      const char* example = type.logical == Logical::kDate ? "2024-05-01"
                            : type.logical <= Logical::kTimeMicros
                                ? "10:00:00.250"
                                : "2024-05-01T10:00:00.250Z (without the Z when it is local)";
      return fail("\"" + shown + "\" is not like " + example + ", or has too many decimals");
    }
    number = *time;
  } else {
    const char c = in_.peek();
    if (c != '-' && (c < '0' || c > '9')) return unexpected(type);
    if (!in_.number(&text)) return not_json();
    const bool is_whole = whole(text, &number);
    if (!is_whole || (type.type == Type::kInt && (number < INT32_MIN || number > INT32_MAX))) {
      in_.go(text.data());
      return fail(std::string(text.substr(0, 60)) + " is not " +
                  (type.type == Type::kInt ? "an int of 32 bits" : "a long of 64 bits"));
    }
  }
  put_long(number);
  return true;
}

bool Encoder::real(const Node& type) {
  return type.type == Type::kFloat ? real_of<float>(type) : real_of<double>(type);
}

template <class Real>
bool Encoder::real_of(const Node& type) {
  Real number = 0;
  std::string_view text;
  const char c = in_.peek();
  const char* const from = in_.at();
  if (c == '"') {
    if (!in_.string(&text)) return not_json();
    if (text == "NaN") {
      number = std::numeric_limits<Real>::quiet_NaN();
    } else if (text == "Infinity" || text == "-Infinity") {
      number = std::numeric_limits<Real>::infinity() * (text[0] == '-' ? -1 : 1);
    } else {
      in_.go(from);
      return unexpected(type);
    }
  } else {
    if (c != '-' && (c < '0' || c > '9')) return unexpected(type);
    if (!in_.number(&text)) return not_json();
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    // What is too small is out of range, too, and is as good as zero.
    const bool tiny = result.ec == std::errc::result_out_of_range && text.size() < 300 &&
                      (text.find("e-") != text.npos || text.find("E-") != text.npos);
    if (result.ec != std::errc() && !tiny) {
      in_.go(from);
      return fail(std::string(text.substr(0, 60)) + " is too large for " + with_article(type));
    }
  }
  out_->append({reinterpret_cast<const char*>(&number), sizeof number});
  return true;
}

bool Encoder::bytes(const Node& type) {
  const char c = in_.peek();
  const char* const from = in_.at();
  std::string_view text;
  const auto back = [&](std::string what) {
    in_.go(from);
    return fail(std::move(what));
  };
  if (form_.logical && type.logical == Logical::kDecimal) {
    if (c == '"' ? !in_.string(&text) : c != '{' && c != '[' && !in_.number(&text)) {
      return c == '"' ? not_json() : unexpected(type);
    }
    if (text.empty()) return c == '"' ? back("an empty string is no number") : unexpected(type);
    const char* problem = nullptr;
    auto number = decimal_bytes(text, type.precision, type.scale, &problem);
    if (!number) {
      return back(std::string(text.substr(0, 60)) + " " + problem + ", a decimal of " +
                  std::to_string(type.precision) + " digits, " + std::to_string(type.scale) +
                  " of them decimals");
    }
    if (type.type == Type::kFixed) {
      if (number->size() > type.size) return back("the number is too large for its fixed");
      number->insert(0, type.size - number->size(), ((*number)[0] & 0x80) != 0 ? '\xff' : '\0');
    } else {
      put_long(static_cast<int64_t>(number->size()));
    }
    out_->append(*number);
    return true;
  }
  if (form_.logical && type.logical == Logical::kDuration) {
    return c == '{' ? duration() : unexpected(type);
  }
  if (c != '"') return unexpected(type);
  if (!in_.string(&text)) return not_json();
  if (form_.logical && type.logical == Logical::kUuid) {
    if (!uuid_bytes(text, raw_)) return back("the string is no uuid");
  } else if (form_.base64 && form_.json != JsonForm::kDefault) {
    if (!base64_decode(text, raw_)) return back("the string is not Base64");
  } else if (!latin1(text, raw_)) {
    return back("bytes are written with characters up to U+00FF, and the string has others");
  }
  if (type.type == Type::kBytes) {
    put_long(static_cast<int64_t>(raw_.size()));
  } else if (raw_.size() != type.size) {
    return back("the " + std::to_string(type.size) + " bytes of the fixed " + type.name +
                " are given as " + std::to_string(raw_.size()));
  }
  out_->append(raw_);
  return true;
}

bool Encoder::duration() {
  constexpr std::string_view kNames[] = {"months", "days", "millis"};
  uint32_t parts[3] = {};
  in_.take('{');
  if (in_.peek() == '}') return fail("a duration has months, days and millis");
  do {
    std::string_view text;
    size_t which = 0;
    if (!in_.string(&text)) return not_json();
    while (which < 3 && text != kNames[which]) ++which;
    int64_t number = 0;
    if (which == 3 || !in_.take(':') || !in_.number(&text) || !whole(text, &number) || number < 0 ||
        number > UINT32_MAX) {
      return fail("a duration has months, days and millis: numbers of 32 bits without a sign");
    }
    parts[which] = static_cast<uint32_t>(number);
  } while (in_.take(','));
  if (!in_.take('}')) return fail("the value is not JSON: a comma or closing brace is missing");
  out_->append({reinterpret_cast<const char*>(parts), sizeof parts});
  return true;
}

bool Encoder::symbol(const Node& type) {
  if (in_.peek() != '"') return unexpected(type);
  const char* const from = in_.at();
  std::string_view text;
  if (!in_.string(&text)) return not_json();
  const auto found = type.find(text);
  if (!found) {
    const std::string shown(text.substr(0, 60));
    in_.go(from);
    return fail("\"" + shown + "\" is no symbol of " + with_article(type));
  }
  put_long(*found);
  return true;
}

bool Encoder::record(const Node& type, int depth) {
  if (in_.peek() != '{') return unexpected(type);
  if (depth > kDeepestValue) return fail("values are nested too deeply");
  const size_t places = places_.size();
  const bool done = fields(type, places, depth);
  places_.resize(places);
  return done;
}

// Fields that come in their order are encoded at once. From the first that does not, places are
// kept from `places` on, one for each field of the record, and the text is read there later.
bool Encoder::fields(const Node& type, size_t places, int depth) {
  const size_t count = type.fields.size();
  size_t next = 0;
  bool ordered = true;
  in_.take('{');
  if (!in_.take('}')) {
    do {
      if (in_.peek() != '"') return fail("the value is not JSON: a field's name is missing");
      if (ordered && next < count && in_.take(type.fields[next].key)) {
        const Field& field = type.fields[next++];
        if (!value(*field.type, depth)) return problem_.within_field(field.name);
        continue;
      }
      std::string_view name;
      const char* const from = in_.at();
      if (!in_.string(&name)) return not_json();
      const bool expected = next < count && name == type.fields[next].name &&
                            (ordered || places_[places + next] == nullptr);
      uint32_t index = static_cast<uint32_t>(next);
      if (!expected) {
        const auto found = type.find(name);
        if (!found) {
          if (!form_.ignore_unknown) {
            const std::string shown(name.substr(0, 60));
            in_.go(from);
            return fail("the record " + type.name + " has no field \"" + shown +
                        "\" (unknown_fields = \"ignore\" leaves such fields out)");
          }
          if (!in_.take(':')) return fail("the value is not JSON: a colon is missing");
          if (!in_.skip()) return not_json();
          continue;
        }
        index = *found;
        if (ordered) {
          ordered = false;
          places_.resize(places + count, nullptr);
        }
        if (index < next || places_[places + index] != nullptr) {
          in_.go(from);
          return fail("the field \"" + type.fields[index].name + "\" is there twice");
        }
      }
      if (!in_.take(':')) return fail("the value is not JSON: a colon is missing");
      if (expected) {
        if (!value(*type.fields[index].type, depth)) {
          return problem_.within_field(type.fields[index].name);
        }
        ++next;
      } else {
        in_.peek();
        places_[places + index] = in_.at();
        if (!in_.skip()) return not_json();
      }
    } while (in_.take(','));
    if (!in_.take('}')) return fail("the value is not JSON: a comma or closing brace is missing");
  }
  const char* const end = in_.at();
  for (; next < count; ++next) {
    const Field& field = type.fields[next];
    const char* const place = ordered ? nullptr : places_[places + next];
    if (place != nullptr) {
      in_.go(place);
      if (!value(*field.type, depth)) return problem_.within_field(field.name);
    } else if (field.has_default) {
      out_->append(field.default_binary);
    } else {
      in_.go(end);
      return fail("the field \"" + field.name + "\" of " + type.name +
                  " is missing, and has no default");
    }
  }
  in_.go(end);
  return true;
}

bool Encoder::items(const Node& type, int depth) {
  const bool is_map = type.type == Type::kMap;
  if (in_.peek() != (is_map ? '{' : '[')) return unexpected(type);
  if (depth > kDeepestValue) return fail("values are nested too deeply");
  const char close = is_map ? '}' : ']';
  in_.take(is_map ? '{' : '[');
  if (in_.take(close)) {
    out_->push('\0');
    return true;
  }
  // One block, as other implementations write it; its count is known in the end.
  const size_t begin = out_->size();
  out_->push('\0');
  uint64_t count = 0;
  do {
    if (!item(type, is_map, count++, depth)) return false;
  } while (in_.take(','));
  if (!in_.take(close)) {
    return fail("the value is not JSON: a comma or closing bracket is missing");
  }
  char varint[10];
  const auto size = static_cast<size_t>(write_varint(varint, static_cast<int64_t>(count)) - varint);
  if (size > 1) out_->gap(begin, size - 1);
  std::memcpy(out_->data() + begin, varint, size);
  out_->push('\0');
  return true;
}

bool Encoder::item(const Node& type, bool is_map, uint64_t index, int depth) {
  if (!is_map) return value(*type.branches[0], depth) || problem_.within_item(index);
  std::string_view name;
  if (in_.peek() != '"') return fail("the value is not JSON: a name is missing");
  if (!in_.string(&name)) return not_json();
  put_long(static_cast<int64_t>(name.size()));
  const size_t at = out_->size();
  out_->append(name);
  const size_t size = name.size();
  if (!in_.take(':')) return fail("the value is not JSON: a colon is missing");
  if (value(*type.branches[0], depth)) return true;
  return problem_.within_field(out_->view().substr(at, std::min<size_t>(size, 60)));
}

}  // namespace streamhost::avro
