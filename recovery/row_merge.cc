#include "recovery/row_merge.h"

#include <utility>

namespace streamhost::recovery {

RowMerge::RowMerge(ChunkReader& chunks, const std::vector<RunRow>& oldest_first) : chunks_(chunks) {
  for (const RunRow& run : oldest_first) {
    cursors_.push_back(std::make_unique<RunCursor>(chunks, run));
    RunCursor& cursor = *cursors_.back();
    if (!cursor.next()) continue;
    heap_.push_back({cursor.hash(), oldest_first.size() - cursors_.size(), &cursor});
  }
  for (size_t place = heap_.size() / 2; place-- > 0;) sift_down(place);
}

bool RowMerge::before(const Entry& a, const Entry& b) {
  if (a.hash != b.hash) return a.hash < b.hash;
  const int order = a.cursor->row().key.compare(b.cursor->row().key);
  return order != 0 ? order < 0 : a.age < b.age;
}

bool RowMerge::same_key(const Entry& a, const Entry& b) {
  return a.hash == b.hash && a.cursor->row().key == b.cursor->row().key;
}

bool RowMerge::next() {
  if (begun_ && !heap_.empty()) {
    // What the newest run has of this key stands at the top; older ones follow right below it.
    while (heap_.size() > 1) {
      const size_t least = heap_.size() > 2 && before(heap_[2], heap_[1]) ? 2 : 1;
      if (!same_key(heap_[0], heap_[least])) break;
      advance(least);
    }
    advance(0);
  }
  begun_ = true;
  return !heap_.empty() && chunks_.database().ok();
}

void RowMerge::advance(size_t place) {
  Entry& entry = heap_[place];
  if (entry.cursor->next()) {
    entry.hash = entry.cursor->hash();
    return sift_down(place);
  }
  // The last one takes its place. It is not less than what stands above: that is the least, or the
  // least but one.
  entry = heap_.back();
  heap_.pop_back();
  if (place < heap_.size()) sift_down(place);
}

void RowMerge::sift_down(size_t place) {
  const Entry entry = heap_[place];
  for (;;) {
    size_t child = 2 * place + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) ++child;
    if (!before(heap_[child], entry)) break;
    heap_[place] = heap_[child];
    place = child;
  }
  heap_[place] = entry;
}

}  // namespace streamhost::recovery
