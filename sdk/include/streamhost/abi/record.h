/* Records, and the batches that carry them through a dataflow. */
#ifndef STREAMHOST_ABI_RECORD_H
#define STREAMHOST_ABI_RECORD_H

#include <streamhost/abi/base.h>

#define SH_ABSENT UINT32_MAX /* the length of a key or value that is not there */
#define SH_NO_TIME INT64_MIN /* the event time of a record that has none */

/* Frozen. */
typedef struct sh_header {
  sh_bytes name;
  sh_bytes value;
} sh_header;

/* Frozen: 64 bytes of views. The bytes behind the pointers lie in an arena (see host.h) and are
 * never changed once a record that points at them was put out. A key is UTF-8 text. A value is
 * bytes, by convention UTF-8 JSON text or a plain line of text; an absent value is a tombstone. */
typedef struct sh_record {
  const uint8_t *key;
  const uint8_t *value;
  const sh_header *headers;
  uint32_t key_len;   /* bytes, or SH_ABSENT */
  uint32_t value_len; /* bytes, or SH_ABSENT */
  uint32_t header_count;
  uint32_t flags;        /* none defined: set to 0, pass on what you do not know */
  int64_t event_time_us; /* microseconds since the Unix epoch, or SH_NO_TIME */
  uint64_t key_hash;     /* the host's: the key's hash, or 0 for "not computed". Whoever changes
                            `key` sets it to 0; whoever keeps the key leaves it alone. */
  uint64_t reserved;     /* 0 */
} sh_record;

/* Reference-counted memory that records point into. Opaque; see host.h. */
typedef struct sh_arena sh_arena;

/* A run of records handled in one call. Retaining `arena` keeps every byte that the records of
 * this batch point at; the array `records` itself is borrowed all the same. */
typedef struct sh_batch {
  uint32_t struct_size;
  uint32_t port; /* which input the records came in by: its place in the component's inputs, or in
                    the manifest's `from` table */
  uint32_t count;
  uint32_t flags; /* 0 */
  const sh_record *records;
  sh_arena *arena; /* may be null when no record points at any byte */
} sh_batch;

#endif
