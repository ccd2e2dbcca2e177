#include "text_table.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace streamhost::agg {

uint64_t text_hash(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

std::optional<uint32_t> TextTable::add(std::string_view text) {
  size_t at = 0;
  if (slots_.empty()) {
    for (uint32_t i = 0; i < size(); ++i) {
      if ((*this)[i] == text) return i;
    }
  } else {
    const size_t mask = slots_.size() - 1;
    for (at = text_hash(text) & mask; slots_[at] != 0; at = (at + 1) & mask) {
      if ((*this)[slots_[at] - 1] == text) return slots_[at] - 1;
    }
  }
  if (text.size() > kMostBytes - bytes_.size()) return std::nullopt;
  bytes_ += text;
  ends_.push_back(static_cast<uint32_t>(bytes_.size()));
  if (!slots_.empty()) slots_[at] = size();
  if (size() > (slots_.empty() ? kFew : slots_.size() / 2)) grow();
  return size() - 1;
}

void TextTable::grow() {
  std::vector<uint32_t> slots(slots_.empty() ? 4 * kFew : 2 * slots_.size());
  const size_t mask = slots.size() - 1;
  for (uint32_t i = 0; i < size(); ++i) {
    size_t at = text_hash((*this)[i]) & mask;
    while (slots[at] != 0) at = (at + 1) & mask;
    slots[at] = i + 1;
  }
  slots_ = std::move(slots);
}

}  // namespace streamhost::agg
