#include "recovery/run_writer.h"

namespace streamhost::recovery {

void RunWriter::flush() {
  if (chunk_.empty()) return;
  if (run_.chunks == kMaxChunks) return partition_.database().refuse("a step has too many rows");
  partition_.write_chunk(chunk_id(run_.id, run_.chunks), chunk_);
  ++run_.chunks;
  run_.bytes += static_cast<int64_t>(chunk_.size());
  chunk_.clear();
}

}  // namespace streamhost::recovery
