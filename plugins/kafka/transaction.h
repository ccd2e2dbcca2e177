// Transactions of one producer: the calls of librdkafka that wait for a broker, made so that they
// can be given up. All block; they are for a Background.
#pragma once

#include <atomic>
#include <streamhost/sdk.hpp>

#include "epoch_handle.h"
#include "producer.h"

namespace kafka_plugin {

// All throw Error: (unavailable) when the brokers refuse or `stop` was set, with what a person can
// do. A broker that cannot be reached is waited for; the client's own log says so.

// Ends whatever transaction was begun under the client's transactional id: one that is being
// committed is, any other is aborted; and whoever used the id before can use it no more. Before all
// else.
void init_transactions(Producer& producer, const std::atomic<bool>& stop);

// Commits what has been delivered.
void commit_transaction(Producer& producer, const std::atomic<bool>& stop);

// Gives the open transaction up, so that readers need not wait until it times out. Waits for about
// a second; errors do not matter.
void try_to_abort(Producer& producer);

// Begins one. Does not wait for brokers. [worker] or a Background
void begin_transaction(Producer& producer);

}  // namespace kafka_plugin
