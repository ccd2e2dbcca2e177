#include "aggregated.h"

namespace streamhost::core {
namespace {

// What a saved block begins with.
enum : char { kEmpty = 0, kUntaken = 1, kTaken = 2 };

}  // namespace

void* Aggregated::allocate() const {
  return ::operator new (std::max<size_t>(set_.state_size(), 1),
                         std::align_val_t{set_.state_align()});
}

void Aggregated::free(void* memory) const {
  ::operator delete (memory, std::align_val_t{set_.state_align()});
}

void Aggregated::make(Block& block) {
  void* const memory = allocate();
  try {
    set_.init(memory);
  } catch (...) {
    free(memory);
    throw;
  }
  block.memory = memory;
}

void Aggregated::merge(Block& into, Block& from) {
  if (from.memory == nullptr) return;
  if (into.memory == nullptr) make(into);
  set_.merge(into.memory, from.memory);
  into.taken |= from.taken;
}

void Aggregated::drop(Block& block) {
  if (block.memory == nullptr) return;
  set_.drop(block.memory);
  free(block.memory);
  block.memory = nullptr;
}

void Aggregated::save(const Block& block, std::string& to) {
  to += block.memory == nullptr ? kEmpty : block.taken ? kTaken : kUntaken;
  if (block.memory == nullptr) return;
  set_.save_head(to);
  set_.save(block.memory, to);
}

Block Aggregated::restore(std::string_view& saved) {
  if (saved.empty() || saved.front() < kEmpty || saved.front() > kTaken) {
    throw state_error("a saved state is cut off, or no state of this step");
  }
  const char kind = saved.front();
  saved.remove_prefix(1);
  Block block{};
  if (kind == kEmpty) return block;
  const AggregateSet::Head head = set_.read_head(saved);
  void* const memory = allocate();
  try {
    set_.restore(head, saved, memory);
  } catch (...) {
    free(memory);
    throw;
  }
  block.memory = memory;
  block.taken = kind == kTaken;
  return block;
}

std::string Aggregated::ids() const {
  std::string text;
  for (size_t i = 0; i < set_.size(); ++i) {
    if (i != 0) text += ", ";
    text += set_[i].id();
  }
  return text;
}

}  // namespace streamhost::core
