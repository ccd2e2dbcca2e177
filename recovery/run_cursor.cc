#include "recovery/run_cursor.h"

#include "recovery/hash.h"

namespace streamhost::recovery {

bool RunCursor::next() {
  if (in_ == end_) {
    if (next_chunk_ == run_.chunks) return false;
    if (!chunks_.read(chunk_id(run_.id, next_chunk_++), chunk_)) return false;
    in_ = chunk_.data();
    end_ = in_ + chunk_.size();
  }
  in_ = decode_row(in_, end_, row_);
  if (in_ == nullptr) {
    in_ = end_;
    next_chunk_ = run_.chunks;
    chunks_.database().damaged("run " + std::to_string(run_.id) + " holds half a row");
    return false;
  }
  hash_ = hash_of(row_.key);
  return true;
}

}  // namespace streamhost::recovery
