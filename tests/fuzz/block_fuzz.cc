// A block of records as it comes from another process: arbitrary bytes give a block whose records
// lie within them, or a refusal. What was understood is written again and must say the same.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "exchange/block_codec.h"

namespace {

using namespace streamhost;

std::string text(const uint8_t* bytes, uint32_t length) {
  return length == SH_ABSENT ? "(absent)"
                             : std::string(reinterpret_cast<const char*>(bytes), length);
}

// All that a block says.
std::string words(const Block& block) {
  std::string all = std::to_string(static_cast<int>(block.kind)) + " " +
                    std::to_string(block.port) + " " + std::to_string(block.epoch) + " " +
                    std::to_string(block.watermark) + " " + std::to_string(block.drained) + "\n";
  for (uint32_t i = 0; i < block.count; ++i) {
    const sh_record& r = block.records[i];
    all += text(r.key, r.key_len) + "|" + text(r.value, r.value_len) + "|" +
           std::to_string(r.event_time_us) + "|" + std::to_string(r.key_hash);
    for (uint32_t h = 0; h < r.header_count; ++h) {
      all += "|" + text(r.headers[h].name.ptr, static_cast<uint32_t>(r.headers[h].name.len));
      all += "=" + text(r.headers[h].value.ptr, static_cast<uint32_t>(r.headers[h].value.len));
    }
    all += '\n';
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A copy of exactly this size, so that reading past its end is noticed.
  const std::unique_ptr<uint8_t[]> bytes(new uint8_t[size]);
  if (size != 0) std::memcpy(bytes.get(), data, size);
  ArenaPool pool;
  Block block;
  if (!read_route({bytes.get(), size})) return 0;
  if (!decode_block({bytes.get(), size}, nullptr, 4096, pool, block)) return 0;
  const BlockLayout layout = layout_of(block);
  std::vector<uint8_t> again(layout.size);
  encode_block(block, layout, {1, 2}, again.data());
  Block other;
  if (!decode_block(again, nullptr, 4096, pool, other) || words(block) != words(other))
    std::abort();
  return 0;
}
