#include "engine/keyed_node.h"

namespace streamhost {

bool KeyedNode::receive_partials(const sh_batch& batch) {
  for (uint32_t i = 0; i < batch.count; ++i) {
    if (!step_.merge_saved(batch.records[i])) return false;
  }
  return true;
}

bool KeyedNode::end(bool drained) {
  if (!last_end(drained)) return true;
  return step_.finish() && context_.out().end(this->drained());
}

}  // namespace streamhost
