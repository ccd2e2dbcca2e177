// How decoded values are put as JSON.
#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base64.h"
#include "common/utf8.h"
#include "decoder.h"
#include "logical.h"

namespace streamhost::avro {
namespace {

// Texts are escaped in pieces, so that little more room is asked for than they need.
constexpr size_t kPiece = 4096;

constexpr char kHex[] = "0123456789abcdef";

constexpr uint64_t kSpaces = 0x2020202020202020;

// A bit in the lowest of 8 bytes that cannot stand in a JSON string as it is, or is not ASCII. Bits
// in bytes above it mean nothing.
uint64_t specials(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  const uint64_t quote = word ^ kOnes * '"', slash = word ^ kOnes * '\\';
  return (((quote - kOnes) & ~quote) | ((slash - kOnes) & ~slash) | (word - kOnes * 0x20) | word) &
         kHigh;
}

// A character below U+0080 as it stands in a JSON string; at most 6 bytes.
char* put_ascii(char* to, uint8_t c) {
  if (c >= 0x20 && c != '"' && c != '\\') {
    *to++ = static_cast<char>(c);
    return to;
  }
  *to++ = '\\';
  switch (c) {
    case '"':
    case '\\': *to++ = static_cast<char>(c); return to;
    case '\b': *to++ = 'b'; return to;
    case '\f': *to++ = 'f'; return to;
    case '\n': *to++ = 'n'; return to;
    case '\r': *to++ = 'r'; return to;
    case '\t': *to++ = 't'; return to;
    default: break;
  }
  std::memcpy(to, "u00", 3);
  to[3] = kHex[c >> 4];
  to[4] = kHex[c & 15];
  return to + 5;
}

uint32_t word_at(std::string_view bytes, size_t at) {
  uint32_t word;
  std::memcpy(&word, bytes.data() + at, sizeof word);
  return word;
}

}  // namespace

void Decoder::put_long(int64_t number) {
  char* const to = out_->room(24);
  out_->keep_to(std::to_chars(to, to + 24, number).ptr);
}

template <class Real>
void Decoder::put_real(Real number) {
  if (!std::isfinite(number)) {
    out_->append(std::isnan(number) ? "\"NaN\"" : number > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    return;
  }
  char* const to = out_->room(32);
  out_->keep_to(std::to_chars(to, to + 32, number).ptr);
}

bool Decoder::put_string(std::string_view text) {
  out_->push('"');
  const char* at = text.data();
  const char* const end = at + text.size();
  const char* const last = reinterpret_cast<const char*>(end_);
  while (at < end) {
    const char* const stop = end - at > static_cast<ptrdiff_t>(kPiece) ? at + kPiece : end;
    char* to = out_->room(static_cast<size_t>(stop - at) * 6 + 16);
    while (at < stop) {
      // Eight at a time; behind the text there mostly is more of the value, which is masked out.
      if (last - at >= 8) {
        uint64_t word;
        std::memcpy(&word, at, sizeof word);
        const auto rest = static_cast<size_t>(end - at);
        const uint64_t mask = rest >= 8 ? ~uint64_t{0} : (uint64_t{1} << 8 * rest) - 1;
        const uint64_t special = specials((word & mask) | (~mask & kSpaces));
        std::memcpy(to, &word, sizeof word);
        const size_t plain = special == 0 ? std::min<size_t>(rest, 8)
                                          : static_cast<size_t>(std::countr_zero(special)) / 8;
        to += plain;
        at += plain;
        if (special == 0) continue;
      }
      const auto c = static_cast<uint8_t>(*at);
      if (c < 0x80) {
        to = put_ascii(to, c);
        ++at;
        continue;
      }
      const size_t size = plugin_common::utf8_length({at, static_cast<size_t>(end - at)});
      if (size == 0) {
        at_ = reinterpret_cast<const uint8_t*>(at);
        return fail("a string is not UTF-8");
      }
      std::memcpy(to, at, size);
      to += size;
      at += size;
    }
    out_->keep_to(to);
  }
  out_->push('"');
  return true;
}

void Decoder::put_latin1(std::string_view bytes) {
  out_->push('"');
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPiece);
    bytes.remove_prefix(piece.size());
    char* to = out_->room(piece.size() * 6);
    for (const char c : piece) {
      const auto byte = static_cast<uint8_t>(c);
      to = byte < 0x80 ? put_ascii(to, byte) : plugin_common::put_utf8(to, byte);
    }
    out_->keep_to(to);
  }
  out_->push('"');
}

bool Decoder::put_bytes(std::string_view bytes, const Node& type) {
  if (form_.logical && type.logical == Logical::kDecimal) {
    text_.clear();
    if (!append_decimal(text_, bytes, type.precision, type.scale)) {
      at_ -= bytes.size();
      return fail("a decimal has more than the " + std::to_string(type.precision) +
                  " digits of its type");
    }
    out_->append(text_);
    return true;
  }
  if (form_.logical && type.logical == Logical::kDuration) {
    out_->append("{\"months\":");
    put_long(word_at(bytes, 0));
    out_->append(",\"days\":");
    put_long(word_at(bytes, 4));
    out_->append(",\"millis\":");
    put_long(word_at(bytes, 8));
    out_->push('}');
    return true;
  }
  if (form_.logical && type.logical == Logical::kUuid) {
    char* to = out_->room(38);
    *to++ = '"';
    for (size_t i = 0; i < 16; ++i) {
      if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
      *to++ = kHex[static_cast<uint8_t>(bytes[i]) >> 4];
      *to++ = kHex[bytes[i] & 15];
    }
    *to++ = '"';
    out_->keep_to(to);
    return true;
  }
  if (!form_.base64) {
    put_latin1(bytes);
    return true;
  }
  char* to = out_->room(bytes.size() / 3 * 4 + 6);
  *to++ = '"';
  to = base64_encode(to, bytes);
  *to++ = '"';
  out_->keep_to(to);
  return true;
}

template void Decoder::put_real(float number);
template void Decoder::put_real(double number);

}  // namespace streamhost::avro
