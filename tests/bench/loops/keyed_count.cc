#include <cstring>
#include <string_view>
#include <vector>

#include "hash.h"
#include "keys.h"
#include "loops.h"
#include "output.h"
#include "text_map.h"

namespace bench {
namespace {

using streamhost::demo::Counter;

struct Record {
  std::string_view key, value;
};

}  // namespace

void keyed_count(uint64_t records, uint64_t keys, const std::string& output) {
  static constexpr uint64_t kBatch = 1024;
  static constexpr uint64_t kSize = kKeyLength + Counter::kDigits;
  std::vector<char> bytes(kBatch * kSize);
  std::vector<Record> batch(kBatch);
  std::vector<uint64_t> hashes(kBatch);
  Counter counter(0);
  TextMap<uint64_t> counts(12);
  for (uint64_t done = 0; done < records;) {
    // The records exist as text before they are counted, a batch at a time.
    const uint64_t count = records - done < kBatch ? records - done : kBatch;
    for (uint64_t i = 0; i < count; ++i) {
      char* const key = bytes.data() + i * kSize;
      char* const value = key + kKeyLength;
      write_key(splitmix64(done + i) % keys, key);
      std::memcpy(value, counter.text(), Counter::kDigits);
      batch[i] = {{key, kKeyLength}, {value + Counter::kDigits - counter.width(), counter.width()}};
      counter.add(1);
    }
    for (uint64_t i = 0; i < count; ++i) {
      hashes[i] = hash_of(batch[i].key);
      counts.prefetch(hashes[i]);
    }
    for (uint64_t i = 0; i < count; ++i) ++counts.at(batch[i].key, hashes[i]);
    done += count;
  }
  Output out(output);
  counts.each([&](std::string_view key, uint64_t count) {
    out.text(key).text("\t").number(count).text("\n");
  });
  out.close();
}

}  // namespace bench
