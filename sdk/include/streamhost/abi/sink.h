/* Sinks: where records go.
 *
 * Three ways to be safe across a crash, by what a sink implements:
 *   - no `partitions`: one part per worker, no position; at least once.
 *   - `partitions`: each is written by one worker. `prepare` flushes and writes the position; on
 *     resume `open` cuts back to it: exactly once.
 *   - SH_SINK_TRANSACTIONAL: `prepare` makes the epoch's output ready and writes a handle, `commit`
 *     makes it visible after the epoch is durable: exactly once. */
#ifndef STREAMHOST_ABI_SINK_H
#define STREAMHOST_ABI_SINK_H

#include <streamhost/abi/host.h>

enum { SH_SINK_TRANSACTIONAL = 1u };

typedef struct sh_sink {
  uint32_t struct_size;
  uint32_t flags; /* SH_SINK_... */

  /* Writes the names of the partitions, as sh_source.partitions does; every process must give the
   * same ones in the same order. Null: the sink is dynamic, and each worker opens one part with an empty name. [control] */
  sh_status (*partitions)(void *self, sh_writer *names, sh_error *error);

  /* The partition of each record, as an index into what `partitions` wrote, in `route[0..count)`. A
   * function of the record alone: the host may ask more than once, and other instances.
   * Null: by hash of the key; records without a key go to partition 0. [worker] */
  sh_status (*route)(void *self, const sh_batch *batch, uint32_t *route, sh_error *error);

  /* Opens a partition; `resume` is what `prepare` last wrote for it, or null for a first run.
   * [worker] */
  sh_status (*open)(void *self, sh_bytes partition, const sh_bytes *resume, void **part,
                    sh_error *error);

  /* SH_OK: the whole batch is taken. SH_AGAIN: only the first *written records (0 beforehand); the
   * rest is offered again when the clock reaches *again_us or the step is woken. An error: none,
   * but with SH_ERR_RECORD those before the bad one. Short waits (a write to a file) are allowed.
   * [worker] */
  sh_status (*write)(void *part, const sh_batch *batch, uint32_t *written, int64_t *again_us,
                     sh_error *error);

  /* No more records are at hand: make visible what is buffered, without waiting. Optional.
   * [worker] */
  sh_status (*flush)(void *part, sh_error *error);

  /* Ends `epoch`: everything written so far is handed on safely. Writes the position or the handle.
   * Called at the end of input as well. SH_AGAIN (with nothing written to `writer`): not yet, call
   * again when the clock reaches *again_us or the step is woken. Optional. [worker] */
  sh_status (*prepare)(void *part, uint64_t epoch, sh_writer *writer, int64_t *again_us,
                       sh_error *error);

  /* The snapshot that holds `handle` is durable. Called again after a crash, also for a handle that
   * was already committed, and then before any partition is opened; all handles that this worker is
   * to settle then come once before one of them comes again. SH_AGAIN as in prepare. Optional.
   * [worker] */
  sh_status (*commit)(void *self, uint64_t epoch, sh_bytes handle, int64_t *again_us,
                      sh_error *error);

  /* The epoch of this handle never became durable. Accepts handles it does not know. Optional.
   * [worker] */
  sh_status (*abort)(void *self, sh_bytes handle, sh_error *error);

  void (*close)(void *part); /* [worker] */
} sh_sink;

#endif
