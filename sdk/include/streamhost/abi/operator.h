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

  /* The worker's share of the input has ended: put out what is left. Optional. [worker] */
  sh_status (*on_end)(void *self, sh_out *out, sh_error *error);
} sh_operator;

#endif
