// Markers: which epochs are in Kafka. A marker is a message with the transactional id as its key,
// sent in the same transaction as the output of an epoch, so it can be read (by read_committed)
// exactly if the output can. All are in partition 0 of their topic.
#pragma once

#include <atomic>
#include <streamhost/sdk.hpp>
#include <string>

#include "epoch_handle.h"
#include "producer.h"

namespace kafka_plugin {

// Makes the topic of the markers, compacted, unless it is there. What forbids that is logged: it
// may be there all the same, and not to be seen by this user. Waits for a broker; throws Error when
// `stop` is set, or the name can be no topic's. Blocks. [Background]
void make_marker_topic(Producer& producer, const ClientConf& conf, const streamhost::Context& ctx,
                       const std::string& topic, int replication, const std::atomic<bool>& stop);

constexpr int32_t kMarkerPartition = 0;

// The offset behind all that is in the topic of the markers by now; 0 when there is none. Throws
// Error when the brokers refuse, or `stop` is set. Blocks. [Background]
int64_t end_of_markers(const ClientConf& conf, const streamhost::Context& ctx,
                       const std::string& topic, const std::atomic<bool>& stop);

// The text of a marker; for people who look at the topic.
std::string marker_text(uint64_t epoch, const std::string& nonce);

enum class Marked {
  kYes,
  kNo,
  kLost  // the topic does not go back as far, or was made anew: nobody knows
};

// Whether the transaction of this handle, which has output, was committed. Its transactional id
// must have been taken over by init_transactions() before: so it is either committed or aborted by
// now, and what is not seen will never be. Reads from the place where the marker was put to where
// the topic ended when it was asked; other transactions that are open in that part are waited for.
// Throws Error when the brokers refuse, or `stop` is set. Blocks. [Background]
Marked ask_marker(const ClientConf& conf, const streamhost::Context& ctx, const EpochHandle& handle,
                  const std::atomic<bool>& stop);

}  // namespace kafka_plugin
