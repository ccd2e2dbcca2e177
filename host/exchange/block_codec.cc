#include "exchange/block_codec.h"

#include <bit>
#include <cstring>
#include <string>

namespace streamhost {
namespace {

static_assert(std::endian::native == std::endian::little, "columns are copied as they are");

constexpr size_t kHead = 40;

enum Columns : uint8_t {
  kHashes = 1,
  kTimes = 2,
  kHeaders = 4,
  kSame = 8,  // every value is the record's key
};

struct Head {
  uint32_t from, to, port, count;
  uint8_t kind, columns, drained, zero;
  uint32_t headers;
  uint64_t epoch;
  int64_t watermark;
};
static_assert(sizeof(Head) == kHead);

struct Lengths {
  uint32_t key, value;
};

uint32_t bytes_of(uint32_t length) { return length == SH_ABSENT ? 0 : length; }

uint64_t columns_size(uint64_t count, uint64_t headers, uint8_t columns) {
  return count * sizeof(Lengths) + ((columns & kHashes) != 0 ? count * 8 : 0) +
         ((columns & kTimes) != 0 ? count * 8 : 0) +
         ((columns & kHeaders) != 0 ? count * 4 + headers * sizeof(Lengths) : 0);
}

template <class T>
uint8_t* put(uint8_t* to, const T& value) {
  std::memcpy(to, &value, sizeof(T));
  return to + sizeof(T);
}
// Copies payload. What lies behind each other, as a record's key and value or the records of one
// batch often do, is copied together.
class Payload {
 public:
  explicit Payload(uint8_t* to) : to_(to) {}
  void add(const uint8_t* bytes, uint64_t length) {
    if (length == 0) return;
    if (bytes != end_) {
      flush();
      begin_ = bytes;
    }
    end_ = bytes + length;
  }
  void flush() {
    const auto length = static_cast<size_t>(end_ - begin_);
    if (length == 0) return;
    std::memcpy(to_, begin_, length);
    to_ += length;
  }

 private:
  uint8_t* to_;
  const uint8_t* begin_ = nullptr;
  const uint8_t* end_ = nullptr;
};

template <class T>
T get(const uint8_t* from, uint64_t index) {
  T value;
  std::memcpy(&value, from + index * sizeof(T), sizeof(T));
  return value;
}

}  // namespace

BlockLayout layout_of(const Block& block) {
  BlockLayout layout;
  uint64_t payload = 0, values = 0;
  bool hashes = false, times = false, same = true;
  for (uint32_t i = 0; i < block.count; ++i) {
    const sh_record& r = block.records[i];
    payload += bytes_of(r.key_len);
    values += bytes_of(r.value_len);
    hashes |= r.key_hash != 0;
    times |= r.event_time_us != SH_NO_TIME;
    same &= r.key == r.value && r.key_len == r.value_len;
    layout.headers += r.header_count;
    for (uint32_t h = 0; h < r.header_count; ++h) {
      payload += r.headers[h].name.len + r.headers[h].value.len;
    }
  }
  layout.columns = static_cast<uint8_t>((hashes ? kHashes : 0) | (times ? kTimes : 0) |
                                        (layout.headers != 0 ? kHeaders : 0) | (same ? kSame : 0));
  layout.size = kHead + columns_size(block.count, layout.headers, layout.columns) + payload +
                (same ? 0 : values);
  return layout;
}

void encode_block(const Block& block, const BlockLayout& layout, BlockRoute route, uint8_t* to) {
  const uint8_t columns = layout.columns;
  const Head head{route.from,
                  route.to,
                  block.port,
                  block.count,
                  static_cast<uint8_t>(block.kind),
                  columns,
                  block.drained,
                  0,
                  static_cast<uint32_t>(layout.headers),
                  block.epoch,
                  block.watermark};
  to = put(to, head);
  const std::span<const sh_record> records(block.records.data(), block.count);
  for (const sh_record& r : records) to = put(to, Lengths{r.key_len, r.value_len});
  if ((columns & kHashes) != 0) {
    for (const sh_record& r : records) to = put(to, r.key_hash);
  }
  if ((columns & kTimes) != 0) {
    for (const sh_record& r : records) to = put(to, r.event_time_us);
  }
  if ((columns & kHeaders) != 0) {
    for (const sh_record& r : records) to = put(to, r.header_count);
    for (const sh_record& r : records) {
      for (uint32_t h = 0; h < r.header_count; ++h) {
        to = put(to, Lengths{static_cast<uint32_t>(r.headers[h].name.len),
                             static_cast<uint32_t>(r.headers[h].value.len)});
      }
    }
  }
  Payload payload(to);
  for (const sh_record& r : records) {
    payload.add(r.key, bytes_of(r.key_len));
    if ((columns & kSame) == 0) payload.add(r.value, bytes_of(r.value_len));
    for (uint32_t h = 0; h < r.header_count; ++h) {
      payload.add(r.headers[h].name.ptr, r.headers[h].name.len);
      payload.add(r.headers[h].value.ptr, r.headers[h].value.len);
    }
  }
  payload.flush();
}

Result<BlockRoute> read_route(std::span<const uint8_t> bytes) {
  if (bytes.size() < kHead) return Status::failed("a block without a head");
  const auto head = get<Head>(bytes.data(), 0);
  return BlockRoute{head.from, head.to};
}

Status decode_block(std::span<const uint8_t> bytes, sh_arena* arena, uint32_t most, ArenaPool& pool,
                    Block& block) {
  const auto wrong = [](const char* what) {
    return Status::failed(std::string("a block ") + what);
  };
  if (bytes.size() < kHead) return wrong("without a head");
  const auto head = get<Head>(bytes.data(), 0);
  if (head.kind > static_cast<uint8_t>(BlockKind::kEnd)) return wrong("of an unknown kind");
  if (head.columns > (kHashes | kTimes | kHeaders | kSame)) return wrong("with unknown columns");
  if (head.count > most) return wrong("with more records than a batch has");
  const bool has_headers = (head.columns & kHeaders) != 0;
  if (!has_headers && head.headers != 0) return wrong("whose headers are missing");
  const uint64_t columns = columns_size(head.count, head.headers, head.columns);
  if (columns > bytes.size() - kHead) return wrong("that is cut off");

  const uint8_t* const lengths = bytes.data() + kHead;
  const uint8_t* hashes = lengths + head.count * sizeof(Lengths);
  const uint8_t* times = hashes + ((head.columns & kHashes) != 0 ? head.count * 8 : 0);
  const uint8_t* counts = times + ((head.columns & kTimes) != 0 ? head.count * 8 : 0);
  const uint8_t* sizes = counts + (has_headers ? head.count * 4 : 0);
  const bool same = (head.columns & kSame) != 0;
  const uint8_t* at = lengths + columns;
  uint64_t left = bytes.size() - kHead - columns;

  if (block.records.size() < head.count) block.records.resize(head.count);
  ArenaRef structs;  // where the structs of headers lie, as long as anybody keeps a record
  sh_header* headers = nullptr;
  if (head.headers != 0) {
    structs = ArenaRef::adopt(pool.chunk(size_t{head.headers} * sizeof(sh_header)));
    if (!structs) return Status::failed("out of memory");
    headers = reinterpret_cast<sh_header*>(ArenaPool::bytes(structs.get()));
  }
  uint64_t headers_left = head.headers, next_size = 0;
  for (uint32_t i = 0; i < head.count; ++i) {
    const auto length = get<Lengths>(lengths, i);
    const uint64_t key = bytes_of(length.key);
    const uint64_t value = same ? 0 : bytes_of(length.value);
    if (key + value > left) return wrong("whose records are cut off");
    left -= key + value;
    sh_record& r = block.records[i];
    r = {};
    r.key = at;
    r.key_len = length.key;
    r.value = same ? at : at + key;
    r.value_len = same ? length.key : length.value;
    at += key + value;
    r.key_hash = (head.columns & kHashes) != 0 ? get<uint64_t>(hashes, i) : 0;
    r.event_time_us = (head.columns & kTimes) != 0 ? get<int64_t>(times, i) : SH_NO_TIME;
    if (!has_headers) continue;
    r.header_count = get<uint32_t>(counts, i);
    if (r.header_count > headers_left) return wrong("whose headers are missing");
    headers_left -= r.header_count;
    r.headers = headers;
    for (uint32_t h = 0; h < r.header_count; ++h, ++headers) {
      const auto size = get<Lengths>(sizes, next_size++);
      if (uint64_t{size.key} + size.value > left) return wrong("whose headers are cut off");
      left -= uint64_t{size.key} + size.value;
      headers->name = {at, size.key};
      headers->value = {at + size.key, size.value};
      at += uint64_t{size.key} + size.value;
    }
  }
  if (left != 0 || headers_left != 0) return wrong("with something left over");
  block.kind = static_cast<BlockKind>(head.kind);
  block.drained = head.drained != 0;
  block.port = head.port;
  block.count = head.count;
  block.epoch = head.epoch;
  block.watermark = head.watermark;
  block.hold(arena);
  block.hold(structs.get());
  return Status::ok();
}

}  // namespace streamhost
