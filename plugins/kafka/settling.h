// What an earlier run has left to a worker: see "resume" in exactly_once.h.
#pragma once

#include <atomic>
#include <cstdint>
#include <set>
#include <streamhost/sdk.hpp>
#include <string>
#include <vector>

#include "sink_options.h"

namespace kafka_plugin {

// The handle of a durable epoch.
struct PastEpoch {
  uint64_t epoch;
  std::string id;  // transactional
  std::string handle;
};

// First takes over the ids of all of them, and of `fence`; then sees to it that each is in Kafka,
// once. Not one after the other: a transaction that nobody has taken over yet hides the markers
// behind its own. Throws Error when the brokers refuse, when nobody knows any more whether an epoch
// was committed, or when `stop` is set. Blocks. [Background]
void settle(const SinkOptions& options, const streamhost::Context& ctx,
            const std::vector<PastEpoch>& past, const std::set<std::string>& fence,
            const std::atomic<bool>& stop);

}  // namespace kafka_plugin
