#include "pane.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace streamhost::window {
namespace {

constexpr size_t kNear = 4;

}  // namespace

size_t PaneList::opened_by(int64_t time) const {
  Pane* const* const panes = begin();
  // Most records are of one of the last windows.
  size_t count = size_;
  for (const size_t far = count < kNear ? 0 : count - kNear; count > far; --count) {
    if (panes[count - 1]->span.open <= time) return count;
  }
  const auto later = [](int64_t t, const Pane* pane) { return t < pane->span.open; };
  return static_cast<size_t>(std::upper_bound(panes, panes + count, time, later) - panes);
}

PaneList::Many* PaneList::allocate(size_t room) {
  return new (::operator new(sizeof(Many) + room * sizeof(Pane*)))
      Many{0, static_cast<uint32_t>(room)};
}

void PaneList::make_room(size_t room, bool at_front) {
  const auto first = static_cast<uint32_t>((room - size_ + (at_front ? 1 : 0)) / 2);
  if (size_ > 1 && room == many_->room) {
    std::memmove(many_->panes() + first, begin(), size_ * sizeof(Pane*));
    many_->first = first;
    return;
  }
  Many* const many = allocate(room);
  many->first = first;
  std::copy(begin(), end(), many->panes() + first);
  if (size_ > 1) ::operator delete(many_);
  many_ = many;
}

void PaneList::insert(size_t at, Pane* pane) {
  if (size_ == 0) {
    one_ = pane;
    size_ = 1;
    return;
  }
  const bool at_front = at < size_ / 2;
  if (size_ == 1) {
    make_room(4, at_front);
  } else if (at_front ? many_->first == 0 : many_->first + size_ == many_->room) {
    // Seldom: at least an eighth of the array is filled or emptied in between.
    make_room(many_->room * (size_ * 4 > many_->room * size_t{3} ? size_t{2} : size_t{1}),
              at_front);
  }
  Pane** const panes = many_->panes() + many_->first;
  if (at_front) {
    std::memmove(panes - 1, panes, at * sizeof(Pane*));
    --many_->first;
    panes[at - 1] = pane;
  } else {
    std::memmove(panes + at + 1, panes + at, (size_ - at) * sizeof(Pane*));
    panes[at] = pane;
  }
  ++size_;
}

void PaneList::erase(size_t at) {
  if (at == 0) {
    erase_front(1);
    return;
  }
  Pane** const panes = many_->panes() + many_->first;
  if (at < size_ / 2) {
    std::memmove(panes + 1, panes, at * sizeof(Pane*));
    ++many_->first;
  } else {
    std::memmove(panes + at, panes + at + 1, (size_ - at - 1) * sizeof(Pane*));
  }
  --size_;
  shrink();
}

void PaneList::erase_front(size_t count) {
  if (count == 0) return;
  if (count == size_) {
    clear();
    return;
  }
  many_->first += static_cast<uint32_t>(count);
  size_ -= count;
  shrink();
}

void PaneList::shrink() {
  if (size_ == 1) {
    Many* const many = many_;
    one_ = many->panes()[many->first];
    ::operator delete(many);
  } else if (size_ * 8 < many_->room) {
    make_room(size_ * 2, false);
  }
}

void PaneList::clear() {
  if (size_ > 1) ::operator delete(many_);
  one_ = nullptr;
  size_ = 0;
}

FixedPool::Shape shape_of_panes(size_t state_size, size_t state_align) {
  // Small ones fill one line of the cache.
  constexpr size_t kLine = 64;
  FixedPool::Shape shape{std::max(kPaneHead + state_size, kLine)};
  if (state_align > 32) {
    shape.align = state_align;
    shape.offset = kPaneHead;
  } else {
    shape.align = shape.size == kLine ? kLine : 32;
  }
  return shape;
}

}  // namespace streamhost::window
