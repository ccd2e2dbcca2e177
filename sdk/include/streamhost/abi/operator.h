/* Operators without keyed state: each batch in, any number of records out, on any port. One
 * instance (`self`) per step and worker. */
#ifndef STREAMHOST_ABI_OPERATOR_H
#define STREAMHOST_ABI_OPERATOR_H

#include <streamhost/abi/host.h>

enum {
  SH_OPERATOR_REDISTRIBUTE = 1u /* the host spreads the records evenly over all workers before this
                                   operator sees them */
};

typedef struct sh_operator {
  uint32_t struct_size;
  uint32_t flags; /* SH_OPERATOR_... */

  /* Processes a batch. An error with SH_ERR_RECORD names one bad record, see base.h. Null: records
   * pass unchanged. [worker] */
  sh_status (*process)(void *self, const sh_batch *batch, sh_out *out, sh_error *error);

  /* Puts out every record that is held back from one call to the next: an epoch ends, and what an
   * operator without keyed state keeps is in no snapshot. Called before `on_end` as well. Needed
   * by whoever holds records back. [worker] */
  sh_status (*flush)(void *self, sh_out *out, sh_error *error);

  /* The worker's share of the input has ended. Optional. [worker] */
  sh_status (*on_end)(void *self, sh_out *out, sh_error *error);
} sh_operator;

#endif
