/* The small types that every other header of the plugin ABI uses.
 *
 * Two kinds of struct cross the boundary. Frozen ones (said so at each) never change within one
 * ABI major and may stand in arrays. All others begin with `struct_size`, grow only at their tail,
 * and are reached through pointers; the reader looks at no field beyond `struct_size`.
 *
 * Pointer lifetime, when nothing else is said: borrowed, valid until the call it was passed to
 * returns. No string and no buffer changes owner across the boundary.
 *
 * Threads. [control]: start-up and shut-down of one step; calls for one instance never overlap,
 * but may come from another thread than its [worker] calls. [worker]: the one thread that owns the
 * instance. [any]: any thread at any time, also concurrently.
 */
#ifndef STREAMHOST_ABI_BASE_H
#define STREAMHOST_ABI_BASE_H

#include <stddef.h>
#include <stdint.h>

#define SH_ABI_MAJOR 1
#define SH_ABI_MINOR 0

/* Says of a variable that the host can find it in the shared object, and nothing else can. */
#if defined(__GNUC__)
#define SH_EXPORT __attribute__((visibility("default")))
#else
#define SH_EXPORT
#endif

/* 0: done. > 0: done, with a word about what comes next. < 0: an error, described in sh_error. */
typedef int32_t sh_status;
enum {
  SH_OK = 0,
  SH_AGAIN = 1, /* nothing more can be done right now */
  SH_END = 2,   /* nothing more will ever come */

  SH_E_INTERNAL = -1,        /* a defect in the one who says it */
  SH_E_CONFIG = -2,          /* an option or the environment is wrong: a person must change it */
  SH_E_UNAVAILABLE = -3,     /* a file, server or device cannot be reached */
  SH_E_DATA = -4,            /* a record cannot be processed */
  SH_E_STATE = -5,           /* a saved state or position cannot be used */
  SH_E_NOT_IMPLEMENTED = -6, /* the service or the version is not there */
  SH_E_STOPPED = -7          /* from the host only: the job is stopping, return this at once */
};

/* Frozen. `len` bytes at `ptr`; `ptr` may be null when `len` is 0. Never null-terminated. */
typedef struct sh_bytes {
  const uint8_t *ptr;
  uint64_t len;
} sh_bytes;

/* What went wrong. The caller owns it and sets `struct_size`; the callee fills the rest when it
 * returns a negative status, and leaves it alone otherwise. `message` is UTF-8, null-terminated,
 * and says what, where and what to do; the host adds the step's name. */
typedef struct sh_error {
  uint32_t struct_size;
  uint32_t flags;
  uint32_t record; /* with SH_ERR_RECORD: index in the batch of the one bad record */
  char message[500];
} sh_error;
enum {
  SH_ERR_RETRYABLE = 1u, /* the same call may succeed later: poll, write, prepare and commit are
                            tried again, ever more slowly, for about a minute; others are not */
  SH_ERR_RECORD = 2u     /* with SH_E_DATA from process, add or write: the records before `record`
                            are done; the host deals with it by the step's `on_error`, and calls
                            again with those after it */
};

/* Frozen. Memory of a plugin's own, handed over: the host calls `release(owner)` exactly once, when
 * nothing points into it any more; that may be after the partition that made it was closed, but is
 * before the instance is destroyed. [any] */
typedef struct sh_external {
  void *owner;
  void (*release)(void *owner);
  uint64_t bytes; /* about how much memory that is: it counts as in flight until it is released */
} sh_external;

#endif
