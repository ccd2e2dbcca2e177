#include "pane.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace streamhost::window {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;

}  // namespace

void PaneList::insert_after(Pane* before, Pane* pane) {
  pane->previous = before;
  pane->next = before == nullptr ? first : before->next;
  (before == nullptr ? first : before->next) = pane;
  (pane->next == nullptr ? last : pane->next->previous) = pane;
}

void PaneList::remove(Pane* pane) {
  (pane->previous == nullptr ? first : pane->previous->next) = pane->next;
  (pane->next == nullptr ? last : pane->next->previous) = pane->previous;
}

PanePool::PanePool(size_t state_size, size_t state_align)
    : block_([&] {
        const size_t align = std::max<size_t>(state_align, 32);
        const size_t size = (kPaneHead + state_size + align - 1) / align * align;
        return std::max<size_t>(size, 64);
      }()),
      lead_(state_align <= 16 ? 0 : (state_align - kPaneHead % state_align) % state_align) {}

PanePool::~PanePool() { release(); }

Pane* PanePool::take() {
  ++in_use_;
  if (free_ != nullptr) {
    void* block = free_;
    std::memcpy(&free_, block, sizeof free_);
    return static_cast<Pane*>(block);
  }
  if (static_cast<size_t>(end_ - at_) < block_) {
    try {
      add_piece();
    } catch (...) {
      --in_use_;
      throw;
    }
  }
  auto* block = reinterpret_cast<Pane*>(at_);
  at_ += block_;
  return block;
}

void PanePool::give_back(Pane* pane) {
  std::memcpy(static_cast<void*>(pane), &free_, sizeof free_);
  free_ = pane;
  // A single piece stays: a key that comes and goes must not cost a call to the system each time.
  if (--in_use_ == 0 && pieces_.size() > 1) release();
}

void PanePool::add_piece() {
  const size_t least = (lead_ + block_ + kFirstPiece - 1) / kFirstPiece * kFirstPiece;
  const size_t size = std::max(next_piece_, least);
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  if (size >= kHugePage) madvise(memory, size, MADV_HUGEPAGE);
  pieces_.push_back({memory, size});
  memory_ += size;
  at_ = static_cast<std::byte*>(memory) + lead_;
  end_ = static_cast<std::byte*>(memory) + size;
  next_piece_ = std::min(next_piece_ * 2, 4 * kHugePage);
}

void PanePool::release() {
  for (const Piece& piece : pieces_) munmap(piece.memory, piece.size);
  pieces_.clear();
  free_ = nullptr;
  at_ = end_ = nullptr;
  memory_ = 0;
  next_piece_ = kFirstPiece;
}

}  // namespace streamhost::window
