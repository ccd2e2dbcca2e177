#include "recovery/row.h"

#include <algorithm>
#include <new>

namespace streamhost::recovery {

void RowBlock::grow(size_t more) {
  const size_t capacity = std::max({size_ + more, capacity_ * 2, size_t{4096}});
  // Not a vector: its growth would clear what is about to be written.
  auto* const bytes = static_cast<char*>(std::realloc(bytes_.get(), capacity));
  if (bytes == nullptr) throw std::bad_alloc();
  static_cast<void>(bytes_.release());
  bytes_.reset(bytes);
  capacity_ = capacity;
}

}  // namespace streamhost::recovery
