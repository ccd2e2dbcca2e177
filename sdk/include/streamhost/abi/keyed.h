/* Keyed operators: the host owns the table of keys, the plugin the content of each state.
 *
 * Records arrive at the worker that owns their key; a record without a key fails the step (or is
 * skipped, by `on_error`). Before each call the host finds or creates the state of every record, so
 * the plugin never searches. A state is `state_size` bytes at an address that stays the same until
 * the key is discarded. Snapshots, resume and rescaling are the host's work: it calls `save` for
 * keys that were touched and `restore` wherever the key lives next.
 *
 * With `init`, `save` and `restore` null, a state is plain bytes: zero at first sight, stored as
 * they are. */
#ifndef STREAMHOST_ABI_KEYED_H
#define STREAMHOST_ABI_KEYED_H

#include <streamhost/abi/host.h>

enum {
  /* States of one key that grew apart can be merged, and `process` puts nothing out, sets no timer
   * and discards nothing. The host may then run the step on every worker for the records that are there, and
   * bring the states of a key together (save, restore, merge) before `on_end`. Needs `merge`. When an
   * option of the step names aggregates, the host does so only if all of them merge. */
  SH_KEYED_COMBINES = 1u
};

/* Frozen. */
typedef struct sh_timer {
  void *state;
  sh_bytes key;
  int64_t at_us;
  uint64_t tag;
  int32_t clock; /* SH_CLOCK_... */
  uint32_t reserved;
} sh_timer;

/* Frozen. */
typedef struct sh_entry {
  void *state;
  sh_bytes key;
} sh_entry;

typedef struct sh_keyed {
  uint32_t struct_size;
  uint32_t flags; /* SH_KEYED_... */
  uint32_t state_size;
  uint32_t state_align;   /* a power of two, at most 64 */
  uint32_t state_version; /* of what `save` writes; raise it when the format changes */
  uint32_t reserved;

  /* Makes the state of a key seen for the first time, in zeroed memory. Optional. [worker] */
  sh_status (*init)(void *self, sh_bytes key, void *state, sh_error *error);
  /* Makes the state from bytes that `save` of version `version` (at most state_version) wrote, in
   * zeroed memory; `init` is not called. [worker] */
  sh_status (*restore)(void *self, sh_bytes key, uint32_t version, sh_bytes saved, void *state,
                       sh_error *error);
  /* Writes the state; does not change it. [worker] */
  sh_status (*save)(void *self, sh_bytes key, const void *state, sh_writer *writer,
                    sh_error *error);
  /* Frees what the state owns, not the state's own bytes. Optional. [worker] */
  void (*drop)(void *self, void *state);

  /* states[i] belongs to batch->records[i]; records with one key share a state. [worker] */
  sh_status (*process)(void *self, const sh_batch *batch, void *const *states, sh_out *out,
                       sh_error *error);
  /* Timers that are due, oldest first, at most one of each state. Optional: needed by whoever sets
   * timers. [worker] */
  sh_status (*on_timers)(void *self, const sh_timer *timers, uint32_t count, sh_out *out,
                         sh_error *error);
  /* The input has ended: every key that is still there, in batches, in no particular order; once with
   * none when there are none. Afterwards the host drops them. Not called when a job that keeps snapshots is drained, for its
   * input goes on in a later run. Optional: without it, or when it returns SH_AGAIN and puts nothing
   * out, such a job keeps the states at the end of input too, and goes on with them when its input has
   * grown; then it returns that on all workers. [worker] */
  sh_status (*on_end)(void *self, const sh_entry *entries, uint32_t count, sh_out *out,
                      sh_error *error);
  /* Adds `from` to `into`; `from` is dropped afterwards. See SH_KEYED_COMBINES. [worker] */
  sh_status (*merge)(void *self, sh_bytes key, void *into, void *from, sh_error *error);
} sh_keyed;

#endif
