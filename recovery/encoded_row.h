// A row as it lies in a RowBlock and in a chunk:
//   varint key length, key, varint (version << 1 | erased), varint value length, value
#pragma once

#include <cstring>
#include <string_view>

#include "recovery/varint.h"

namespace streamhost::recovery {

// Borrowed views into the encoded bytes.
struct EncodedRow {
  std::string_view key, value, encoded;
  uint32_t version = 0;
  bool erased = false;
};

// The most that encode_row() writes.
inline size_t encoded_bound(std::string_view key, std::string_view value) {
  return key.size() + value.size() + 3 * kMaxVarint;
}

// Writes a row to `out`, which has room for encoded_bound(); the first byte behind it.
inline char* encode_row(char* out, std::string_view key, uint32_t version, bool erased,
                        std::string_view value) {
  out = put_varint(out, key.size());
  if (!key.empty()) std::memcpy(out, key.data(), key.size());
  out = put_varint(out + key.size(), uint64_t{version} << 1 | (erased ? 1 : 0));
  out = put_varint(out, value.size());
  if (!value.empty()) std::memcpy(out, value.data(), value.size());
  return out + value.size();
}

// Reads the row at `in`; the first byte behind it, or null when there is no whole row up to `end`.
inline const char* decode_row(const char* in, const char* end, EncodedRow& row) {
  const char* const begin = in;
  uint64_t size = 0, version = 0;
  in = get_varint(in, end, size);
  if (in == nullptr || size > static_cast<uint64_t>(end - in)) return nullptr;
  row.key = {in, size};
  in = get_varint(in + size, end, version);
  if (in == nullptr) return nullptr;
  in = get_varint(in, end, size);
  if (in == nullptr || size > static_cast<uint64_t>(end - in)) return nullptr;
  row.value = {in, size};
  row.version = static_cast<uint32_t>(version >> 1);
  row.erased = (version & 1) != 0;
  row.encoded = {begin, static_cast<size_t>(in + size - begin)};
  return in + size;
}

// Reads a row that this process has encoded: whole, that is.
inline EncodedRow decode_own_row(const char* in) {
  const char* const begin = in;
  EncodedRow row;
  uint64_t size = 0, version = 0;
  // No end is met: every number ends by itself.
  in = get_varint(in, nullptr, size);
  row.key = {in, size};
  in = get_varint(in + size, nullptr, version);
  in = get_varint(in, nullptr, size);
  row.value = {in, size};
  row.version = static_cast<uint32_t>(version >> 1);
  row.erased = (version & 1) != 0;
  row.encoded = {begin, static_cast<size_t>(in + size - begin)};
  return row;
}

}  // namespace streamhost::recovery
