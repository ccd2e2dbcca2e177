/* Aggregates: many values to one. They are components, so that windows and folds of one plugin can
 * use the aggregates of another: the step that uses one declares an option of type component, and
 * the manifest names the aggregate there (sh_host.config_component).
 *
 * The step that uses an aggregate makes an instance by the component's lifecycle, in its own
 * `create` and for each worker, and destroys it in its own `destroy`. It owns the memory of the
 * states: `state_size` bytes, aligned and zeroed, then `init` or `restore`, at last `drop`. Saved
 * states are part of its own, and so are the aggregate's id and state_version that it saves with
 * them: another aggregate, or a newer version, cannot read them.
 *
 * `ctx` is the context of that step: its id, its worker, its clock and watermark, its log and its
 * metrics. An aggregate makes no waker, rejects no record (`add` says which one is bad), sets no
 * timer and discards nothing: its states are not the host's. */
#ifndef STREAMHOST_ABI_AGGREGATE_H
#define STREAMHOST_ABI_AGGREGATE_H

#include <streamhost/abi/host.h>

enum {
  /* Whether states can be merged depends on the options. The host does not combine such states before
   * an exchange; a step that has to merge finds out by merging two empty states. */
  SH_AGGREGATE_MERGE_BY_OPTIONS = 1u,
  /* `merge` leaves `from` as it was. A step whose windows share states need not copy them first. */
  SH_AGGREGATE_MERGE_KEEPS = 2u
};

typedef struct sh_aggregate {
  uint32_t struct_size;
  uint32_t flags; /* SH_AGGREGATE_... */
  uint32_t state_size;
  uint32_t state_align;   /* a power of two, at most 64 */
  uint32_t state_version; /* of what `save` writes */
  uint32_t reserved;

  /* Makes an empty state in zeroed memory. Null: zeroed memory is the empty state. [worker] */
  sh_status (*init)(void *self, void *state, sh_error *error);
  /* Adds record i to states[i]. An error with SH_ERR_RECORD names one bad record, see base.h: here
   * it is the step that deals with it, and calls again with those after it. [worker] */
  sh_status (*add)(void *self, void *const *states, const sh_record *records, uint32_t count,
                   sh_error *error);
  /* Adds `from` to `into`; the caller drops `from`. Optional: without it the aggregate can be used
   * neither in sessions nor before an exchange. [worker] */
  sh_status (*merge)(void *self, void *into, void *from, sh_error *error);
  /* Writes the result as JSON text; the state stays usable. [worker] */
  sh_status (*finish)(void *self, const void *state, sh_writer *writer, sh_error *error);
  /* As in sh_keyed; null, both: the state's bytes are stored as they are. [worker] */
  sh_status (*save)(void *self, const void *state, sh_writer *writer, sh_error *error);
  sh_status (*restore)(void *self, uint32_t version, sh_bytes saved, void *state, sh_error *error);
  void (*drop)(void *self, void *state); /* optional [worker] */
} sh_aggregate;

#endif
