// Output to Kafka exactly once.
//
// The difficulty: the snapshot of an epoch and its transaction in Kafka are in two places, and a
// process may die between any two instants. A transaction that was open then is lost, since no
// client can go on with one of a client that died. So if the snapshot becomes durable first and the
// transaction is lost, the epoch's output is missing; if the transaction is committed first, it
// comes again.
//
// What is done: each worker has one producer, with a transactional id of its own. For epoch e:
//
//   write     messages are sent in the transaction T(e), and kept in memory as well
//   prepare   a marker M(e) is sent in T(e), to a compacted topic; when every message of T(e) is
//             acknowledged, all that was kept goes into the handle, with the place of M(e)
//   durable   the handle is in the snapshot of e, with every state and position of e
//   commit    T(e) is committed, by which its messages and M(e) become readable, in one instant
//   resume    for the handle of the last durable epoch: (1) the id is taken over, (2) M(e) is asked
//             for, (3) if it is not there, the kept messages and M(e) are sent in a new transaction
//             under the same id, which is committed
//
// No id has a transaction before a durable handle names it: ids are made of the option and the
// worker's number, and a handle says how many there are. So until the first epoch of a run that
// uses more ids is durable, which is asked for at once, its messages are only kept:
//
//   prepare   all that was kept goes into the handle, with the end of the markers' topic
//   commit    T(e) is begun, gets what was kept and M(e), and is committed: as (3)
//
// Why every instant is safe:
//
//   - Before e is durable T(e) is not committed by anybody: commit is only called afterwards. A
//     crash leaves T(e) open, the next run takes the id over, which aborts it, and works off e
//     again from the snapshot before. No output of e is ever seen twice.
//   - After e is durable its output is in the snapshot, whatever happens to T(e). So none is lost.
//   - (1) After the id was taken over T(e) is either committed or aborted, for ever: the broker
//     lets nobody with an older epoch of the id begin, add or commit anything, however late a
//     request of a process that was taken for dead arrives; and a commit that was under way is
//     waited for. So what (2) finds stays true.
//   - (2) M(e) can be read exactly if T(e) was committed, for it is in it. It is looked for from
//     its own place (or from where the topic ended before T(e) could begin) up to where the topic
//     ended after (1), and while another transaction that is open hides a part of that, no answer
//     is given.
//   - (3) is again a transaction with M(e) in it. If the process dies in it, the next run does (1)
//     to (3) once more, from the same handle: at most one transaction with M(e) is ever committed.
//   - Epoch e+1 is prepared only when all workers have committed e, and its handle takes the place
//     of that of e in one transaction of the store. So only the last durable epoch can be in doubt.
//   - With another number of workers every handle of the run before is settled as above, each by
//     one worker, before any new part is opened. A worker takes over all the ids it is given before
//     it asks for markers, so none waits for what is to be settled later. There is one handle for
//     every id that may have a transaction, so none is left open to hide what comes behind it from
//     readers.
//
// It rests on Kafka's promise about acknowledged messages: with an unclean election of a leader, or
// without enough replicas, brokers may forget markers as well as output.
#pragma once

#include <functional>
#include <string>

#include "background.h"
#include "crash_points.h"
#include "epoch_handle.h"
#include "epoch_output.h"
#include "producer.h"
#include "sink.h"

namespace kafka_plugin {

class ExactlyOnce final : public SinkPart {
 public:
  // Begins to take the transactional id over; records are kept until that is done. `is_named`: a
  // durable handle names this worker's id. `closed` is called at the end.
  ExactlyOnce(const streamhost::Context& ctx, const SinkOptions& options, bool is_named,
              std::function<void()> closed);
  ~ExactlyOnce() override;

  streamhost::Written write(const streamhost::Batch& in) override;
  void flush() override;
  streamhost::Settled prepare(uint64_t epoch, streamhost::Writer& handle) override;
  bool has_prepared(uint64_t epoch) const override { return prepared_epoch_ == epoch; }
  streamhost::Settled commit() override;

 private:
  enum class State {
    kStarting,  // the id is being taken over
    kUnnamed,   // it was, and no durable handle names it yet
    kReady,     // no transaction
    kOpen,      // one was begun
    kPrepared,  // all of it is acknowledged, or only kept, and the handle was given away
    kCommitting
  };

  // Takes notice of what happened meanwhile; throws for what has failed.
  void look();
  // Sends what is kept and was not sent yet, as far as there is room. False: not all.
  bool send_kept();
  void keep_from_here();
  void begin();
  bool is_full();
  void ask_for_end();
  // Sends what the handle has, in a transaction. [Background]
  void send_prepared(const Background::Stop& stop);

  const streamhost::Context ctx_;
  const SinkOptions& options_;
  const std::function<void()> closed_;
  CrashPoints crash_;
  EpochHandle handle_;
  Addressing addressing_;
  Producer producer_;
  EpochOutput output_;          // of the running epoch
  EpochOutput::Cursor unsent_;  // the first of it that was not sent
  bool all_sent_ = true;
  State state_ = State::kStarting;
  bool is_named_;
  int64_t markers_end_ = 0;  // when the id was taken over; only while it is not named
  std::string to_send_;      // the handle of what was prepared and not sent
  bool marker_sent_ = false;
  bool asked_for_end_ = false;  // of this epoch, early
  uint64_t prepared_epoch_ = 0;
  Background background_;  // goes first: it uses all of the above
};

}  // namespace kafka_plugin
