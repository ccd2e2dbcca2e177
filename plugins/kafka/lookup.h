// Finding out where partitions begin and end. Blocks: for errands.
#pragma once

#include <string>
#include <vector>

#include "feed.h"

namespace kafka_plugin {

// Fills in `first` of each feed by its `start`, and `end` when `with_ends` and it has none yet. At
// latest means: the end as it is now; under read_committed that is the last stable offset. No
// message after a time: the end as it was before the time was looked for, so that none is missed.
struct LookUp {
  std::vector<FeedPointer> done, again, missing, failed;  // `failed` say why
  std::string why_again;
};
LookUp look_up(rd_kafka_t* client, const std::vector<FeedPointer>& feeds, bool with_ends,
               int timeout_ms);

}  // namespace kafka_plugin
