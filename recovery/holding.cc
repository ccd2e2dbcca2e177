// Holdings and steps as bytes:
//
//   bytes   = kind version body check           ; check: XXH3 of all before it, 8 bytes
//   number  = varint                            ; a signed one modulo 2^64
//   text    = size bytes
//   holding = directory asked store parts marker proposed-store proposed-nonce count { part }
//   asked   = 0 / partitions                    ; there is no store of 0
//   marker  = 0 / 1 store parts epoch horizon
//   part    = part path machine device inode sum horizon execution nonce started-us locked-by
//             count { execution nonce count { epoch-minus-the-last-one } }
//   steps   = count { id kind component state-version rows bytes newest-version }
#include <algorithm>

#include "recovery/hash.h"
#include "recovery/shares.h"
#include "recovery/varint.h"

namespace streamhost::recovery {
namespace {

constexpr char kHolding = 'H', kSteps = 'S', kVersion = 1;
constexpr size_t kFrame = 2 + 8;

class Out {
 public:
  explicit Out(char kind) : bytes_{kind, kVersion} {}
  void number(uint64_t value) {
    char buffer[kMaxVarint];
    bytes_.append(buffer, static_cast<size_t>(put_varint(buffer, value) - buffer));
  }
  void number(int64_t value) { number(static_cast<uint64_t>(value)); }
  void text(std::string_view value) {
    number(uint64_t{value.size()});
    bytes_ += value;
  }
  std::string finish() {
    const uint64_t check = hash_of(bytes_);
    for (int shift = 0; shift < 64; shift += 8) bytes_.push_back(static_cast<char>(check >> shift));
    return std::move(bytes_);
  }

 private:
  std::string bytes_;
};

// What cannot be read leaves it not ok, and everything after it empty.
class In {
 public:
  In(std::string_view bytes, char kind) {
    if (bytes.size() < kFrame || bytes[0] != kind || bytes[1] != kVersion) return;
    uint64_t check = 0;
    for (size_t i = 0; i < 8; ++i) {
      check |= uint64_t{static_cast<unsigned char>(bytes[bytes.size() - 8 + i])} << (8 * i);
    }
    ok_ = check == hash_of(bytes.substr(0, bytes.size() - 8));
    at_ = bytes.data() + 2;
    end_ = bytes.data() + bytes.size() - 8;
  }

  bool ok() const { return ok_; }
  bool all_read() const { return ok_ && at_ == end_; }
  void fail() { ok_ = false; }

  void number(uint64_t& value) {
    const char* next = ok_ ? get_varint(at_, end_, value) : nullptr;
    if (next == nullptr) {
      ok_ = false;
      value = 0;
      return;
    }
    at_ = next;
  }
  void number(int64_t& value) {
    uint64_t raw = 0;
    number(raw);
    value = static_cast<int64_t>(raw);
  }
  void number(uint32_t& value, uint32_t most = UINT32_MAX) {
    uint64_t raw = 0;
    number(raw);
    if (raw > most) ok_ = false;
    value = ok_ ? static_cast<uint32_t>(raw) : 0;
  }
  void text(std::string& value) {
    uint64_t size = 0;
    number(size);
    if (!ok_ || size > static_cast<uint64_t>(end_ - at_)) {
      ok_ = false;
      return;
    }
    value.assign(at_, static_cast<size_t>(size));
    at_ += size;
  }
  // Calls `one` so many times as the next number says, for as long as that goes well: each takes
  // at least a byte, so there are never more than there are bytes.
  template <class One>
  void list(One&& one) {
    uint64_t count = 0;
    number(count);
    for (; count > 0 && ok_; --count) one();
  }

 private:
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  bool ok_ = false;
};

void write(Out& out, const HeldPart& part) {
  out.number(uint64_t{part.part});
  out.text(part.path);
  out.text(part.place.machine);
  out.number(part.place.device);
  out.number(part.place.inode);
  for (const int64_t value :
       {part.sum, part.horizon, part.execution, part.nonce, part.started_us, part.locked_by}) {
    out.number(value);
  }
  const auto same = [](const HeldEpoch& a, const HeldEpoch& b) {
    return a.execution == b.execution && a.nonce == b.nonce;
  };
  uint64_t executions = 0;
  for (size_t i = 0; i < part.epochs.size(); ++i) {
    executions += i == 0 || !same(part.epochs[i - 1], part.epochs[i]) ? 1 : 0;
  }
  out.number(executions);
  int64_t last = 0;
  for (size_t from = 0; from < part.epochs.size();) {
    size_t to = from;
    while (to < part.epochs.size() && same(part.epochs[from], part.epochs[to])) ++to;
    out.number(part.epochs[from].execution);
    out.number(part.epochs[from].nonce);
    out.number(uint64_t{to - from});
    for (; from < to; ++from)
      out.number(part.epochs[from].epoch - std::exchange(last, part.epochs[from].epoch));
  }
}

void read(In& in, HeldPart& part) {
  in.number(part.part, kMaxParts - 1);
  in.text(part.path);
  in.text(part.place.machine);
  in.number(part.place.device);
  in.number(part.place.inode);
  for (int64_t* value : {&part.sum, &part.horizon, &part.execution, &part.nonce, &part.started_us,
                         &part.locked_by}) {
    in.number(*value);
  }
  int64_t last = 0;
  in.list([&] {
    int64_t execution = 0, nonce = 0;
    in.number(execution);
    in.number(nonce);
    in.list([&] {
      uint64_t more = 0;
      in.number(more);
      if (more == 0 || more > static_cast<uint64_t>(INT64_MAX - last)) return in.fail();
      last += static_cast<int64_t>(more);
      part.epochs.push_back({last, execution, nonce});
    });
  });
}

void read(In& in, StoredStep& step) {
  in.text(step.id);
  uint32_t kind = 0;
  in.number(kind, static_cast<uint32_t>(StepKind::kSink));
  if (kind == 0) in.fail();
  step.kind = static_cast<StepKind>(kind);
  in.text(step.component);
  in.number(step.state_version);
  in.number(step.rows);
  in.number(step.bytes);
  in.number(step.newest_version);
}

Failure not_ours(const char* what) {
  return Failure{std::string("a process sent a description of its ") + what +
                 " that is damaged, or of another version of streamhost"};
}

}  // namespace

std::string encode(const Holding& holding) {
  Out out(kHolding);
  out.text(holding.directory);
  out.number(uint64_t{holding.partitions.value_or(0)});
  out.text(holding.store);
  out.number(uint64_t{holding.parts});
  out.number(uint64_t{holding.marker ? 1u : 0u});
  if (holding.marker) {
    out.text(holding.marker->store);
    out.number(uint64_t{holding.marker->parts});
    out.number(holding.marker->epoch);
    out.number(holding.marker->horizon);
  }
  out.text(holding.proposed_store);
  out.number(holding.proposed_nonce);
  out.number(uint64_t{holding.held.size()});
  for (const HeldPart& part : holding.held) write(out, part);
  return out.finish();
}

Result<Holding> decode(std::string_view bytes) {
  In in(bytes, kHolding);
  Holding holding;
  in.text(holding.directory);
  uint32_t asked = 0, marked = 0;
  in.number(asked, kMaxParts);
  if (asked != 0) holding.partitions = asked;
  in.text(holding.store);
  in.number(holding.parts, kMaxParts);
  in.number(marked, 1);
  if (marked != 0) {
    holding.marker.emplace();
    in.text(holding.marker->store);
    in.number(holding.marker->parts);
    in.number(holding.marker->epoch);
    in.number(holding.marker->horizon);
  }
  in.text(holding.proposed_store);
  in.number(holding.proposed_nonce);
  in.list([&] {
    read(in, holding.held.emplace_back());
    // By part, each once.
    const size_t count = holding.held.size();
    const uint32_t part = holding.held.back().part;
    if (part >= holding.parts || (count > 1 && holding.held[count - 2].part >= part)) in.fail();
  });
  if (holding.held.empty() != (holding.parts == 0)) in.fail();
  if (!in.all_read()) return not_ours("recovery store");
  return holding;
}

std::string encode(const std::vector<StoredStep>& steps) {
  Out out(kSteps);
  out.number(uint64_t{steps.size()});
  for (const StoredStep& step : steps) {
    out.text(step.id);
    out.number(static_cast<uint64_t>(step.kind));
    out.text(step.component);
    out.number(uint64_t{step.state_version});
    out.number(step.rows);
    out.number(step.bytes);
    out.number(uint64_t{step.newest_version});
  }
  return out.finish();
}

Result<std::vector<StoredStep>> combine(const std::vector<std::string>& all) {
  std::vector<StoredStep> result;
  for (const std::string& bytes : all) {
    In in(bytes, kSteps);
    std::vector<StoredStep> steps;
    in.list([&] { read(in, steps.emplace_back()); });
    if (!in.all_read()) return not_ours("steps");
    for (StoredStep& step : steps) {
      const auto known = std::find_if(result.begin(), result.end(),
                                      [&](const StoredStep& other) { return other.id == step.id; });
      if (known == result.end()) {
        result.push_back(std::move(step));
        continue;
      }
      // What a step is, all files say alike; how much there is of it, each says for itself.
      known->rows += step.rows;
      known->bytes += step.bytes;
      known->newest_version = std::max(known->newest_version, step.newest_version);
    }
  }
  std::sort(result.begin(), result.end(),
            [](const StoredStep& a, const StoredStep& b) { return a.id < b.id; });
  return result;
}

}  // namespace streamhost::recovery
