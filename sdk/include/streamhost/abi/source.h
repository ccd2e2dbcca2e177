/* Sources: where records come from.
 *
 * A source names its partitions; each is read by one worker, in order, and has its own resume
 * position. One instance (`self`) exists per worker; the partitions it opens belong to it and are
 * closed before it is destroyed. */
#ifndef STREAMHOST_ABI_SOURCE_H
#define STREAMHOST_ABI_SOURCE_H

#include <streamhost/abi/host.h>

enum { SH_UNIT_RECORDS = 0, SH_UNIT_BYTES = 1 };

/* How far a partition has come. The caller sets `struct_size`. */
typedef struct sh_progress {
  uint32_t struct_size;
  uint32_t unit;  /* SH_UNIT_... */
  uint64_t done;  /* read so far */
  uint64_t total; /* known so far, done included; UINT64_MAX: no end is known */
} sh_progress;

typedef struct sh_source {
  uint32_t struct_size;
  uint32_t flags; /* 0 */

  /* Writes the names of the partitions that this process can reach, one `write` each; the names
   * are stable from run to run, for positions are stored under them. Every worker's instance must
   * give the same answer. [control] */
  sh_status (*partitions)(void *self, sh_writer *names, sh_error *error);

  /* Opens a partition, at the saved position `*resume` or at its start when `resume` is null.
   * [worker] */
  sh_status (*open)(void *self, sh_bytes partition, const sh_bytes *resume, void **part,
                    sh_error *error);

  /* Puts out what is ready, `budget` records or a few more, and never blocks.
   * SH_OK: there is more at once. SH_AGAIN: nothing more now; poll when the clock reaches
   * *again_us (left alone: only when woken). SH_END: this partition is finished, not to be polled
   * again. What was committed before a negative status counts as put out. [worker] */
  sh_status (*poll)(void *part, sh_out *out, uint32_t budget, int64_t *again_us, sh_error *error);

  /* Writes the position after the last record put out. Optional: without it the partition starts
   * anew on resume. [worker] */
  sh_status (*snapshot)(void *part, sh_writer *position, sh_error *error);

  /* The snapshot of `epoch` is durable: what was read up to there is not needed again. Optional.
   * [worker] */
  void (*committed)(void *part, uint64_t epoch);

  /* An ended partition stays open as long as its position is still to be asked for. [worker] */
  void (*close)(void *part);

  /* Optional. [worker] */
  sh_status (*progress)(void *part, sh_progress *progress);

  /* Writes the names of partitions that came up since `partitions`, or since the last call: asked
   * before the first poll, and whenever the step was woken. The host opens those that fall to this
   * worker, by a hash of the name, at the position that the store has for them, if any; so every
   * worker's instance has to give each name, sooner or later. Names that are known are ignored.
   * SH_OK: more may come later, and the source does not end where it has no partitions; SH_END: no
   * more will. Optional: partitions never change. [worker] */
  sh_status (*added)(void *self, sh_writer *names, sh_error *error);
} sh_source;

#endif
