/* Aggregates: many values to one. They are components, so that windows and folds of one plugin can
 * use the aggregates of another (sh_host.find_component). The one who uses an aggregate owns the
 * memory of its states, and makes and destroys instances by the component's lifecycle. */
#ifndef STREAMHOST_ABI_AGGREGATE_H
#define STREAMHOST_ABI_AGGREGATE_H

#include <streamhost/abi/host.h>

typedef struct sh_aggregate {
  uint32_t struct_size;
  uint32_t flags; /* 0 */
  uint32_t state_size;
  uint32_t state_align;   /* a power of two, at most 64 */
  uint32_t state_version; /* of what `save` writes */
  uint32_t reserved;

  /* Makes an empty state in zeroed memory. Null: zeroed memory is the empty state. [worker] */
  sh_status (*init)(void *self, void *state, sh_error *error);
  /* Adds record i to states[i]. [worker] */
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
