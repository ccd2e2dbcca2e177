#include <cstring>
#include <vector>

#include "keys.h"
#include "loops.h"
#include "output.h"

namespace bench {
namespace {

using streamhost::demo::Counter;

struct Descriptor {
  const char* value;
  uint32_t length;
  uint32_t flags;
  uint64_t rest[6];  // 64 bytes in all, as a record of the host
};

struct Batch {
  const Descriptor* records;
  size_t count;
};

// A step takes a batch and gives the next one; `room` is for what it makes.
using Step = Batch (*)(Batch in, std::vector<Descriptor>& room);

// Keeps records that have a value. Nothing is copied while all do.
Batch keep_filled(Batch in, std::vector<Descriptor>& room) {
  size_t passed = 0;
  while (passed < in.count && in.records[passed].length > 0) ++passed;
  if (passed == in.count) return in;
  room.assign(in.records, in.records + passed);
  for (size_t i = passed; i < in.count; ++i) {
    if (in.records[i].length > 0) room.push_back(in.records[i]);
  }
  return {room.data(), room.size()};
}

// Makes a new record of each: same value, another descriptor.
Batch copy_each(Batch in, std::vector<Descriptor>& room) {
  room.resize(in.count);
  for (size_t i = 0; i < in.count; ++i) room[i] = in.records[i];
  return {room.data(), room.size()};
}

}  // namespace

void pass_through(uint64_t records, uint64_t size, uint64_t steps, bool copy,
                  const std::string& output) {
  static constexpr uint64_t kBatch = 1024;
  // Volatile: a dataflow is not known when the steps are compiled, so nothing may be inlined.
  volatile Step step = copy ? copy_each : keep_filled;
  std::vector<std::vector<Descriptor>> rooms(steps);
  std::vector<char> bytes(kBatch * size);
  std::vector<Descriptor> first(kBatch);
  Counter counter(0);
  uint64_t arrived = 0, length = 0;
  for (uint64_t done = 0; done < records;) {
    const uint64_t count = records - done < kBatch ? records - done : kBatch;
    for (uint64_t i = 0; i < count; ++i) {
      char* const value = bytes.data() + i * size;
      std::memset(value, '0', size - Counter::kDigits);
      std::memcpy(value + size - Counter::kDigits, counter.text(), Counter::kDigits);
      counter.add(1);
      first[i] = Descriptor{value, static_cast<uint32_t>(size), 0, {}};
    }
    Batch batch{first.data(), count};
    for (auto& room : rooms) batch = step(batch, room);
    arrived += batch.count;
    for (size_t i = 0; i < batch.count; ++i) length += batch.records[i].length;
    done += count;
  }
  Output out(output);
  out.number(arrived).text(" ").number(length).text("\n");
  out.close();
}

}  // namespace bench
