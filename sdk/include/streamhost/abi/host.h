/* The host's services: one table of function pointers, handed to a plugin's `init` and to each
 * component's `create`, valid for the life of the process. A plugin links no symbol of the host.
 *
 * The table grows at its tail. A plugin that was built against a newer header checks
 * `struct_size` before it calls a slot of that newer part, or asks `get_extension`.
 */
#ifndef STREAMHOST_ABI_HOST_H
#define STREAMHOST_ABI_HOST_H

#include <streamhost/abi/record.h>

/* Opaque, the host's. */
typedef struct sh_context sh_context; /* one step on one worker, seen from its plugin */
typedef struct sh_config sh_config;   /* the checked option values of one step or component */
typedef struct sh_out sh_out;         /* where a call puts its records */
typedef struct sh_waker sh_waker;     /* a handle that makes a worker look at a source again */

struct sh_component;

enum { SH_LOG_TRACE = 0, SH_LOG_DEBUG = 1, SH_LOG_INFO = 2, SH_LOG_WARN = 3, SH_LOG_ERROR = 4 };
enum { SH_CLOCK_SYSTEM = 0, SH_CLOCK_EVENT = 1 };
enum { SH_METRIC_COUNTER = 0, SH_METRIC_GAUGE = 1, SH_METRIC_HISTOGRAM = 2 };

/* Frozen. Room for output, owned by the host: fill the first records and bytes of it, then commit.
 * Both are uninitialised memory. */
typedef struct sh_span {
  sh_record *records;
  uint8_t *bytes;
  uint32_t record_room;
  uint32_t reserved;
  uint64_t byte_room;
} sh_span;

/* Frozen. Where a call writes names, results or saved bytes: it calls `write(to, …)` as often as it
 * likes, and passes on a negative status at once. Where names are asked for, each write is one
 * name; elsewhere writes append to one value. The host makes writers, and so does whoever uses an
 * aggregate. [the thread of the running call] */
typedef struct sh_writer {
  void *to;
  sh_status (*write)(void *to, sh_bytes bytes);
} sh_writer;

/* Grows at its tail. A component that an option of type component names, found and checked by the
 * host. Make instances of it by `component->lifecycle`, with the context of the step that uses it
 * and with `options`; see aggregate.h. */
typedef struct sh_use {
  uint32_t struct_size;
  uint32_t reserved;
  sh_bytes name; /* in the manifest's table of names; empty when the option names one component */
  sh_bytes id;   /* "agg.sum" */
  const struct sh_component *component;
  const sh_config *options;
} sh_use;

typedef struct sh_host {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  const char *version; /* of the host, e.g. "0.1.0" */

  /* A table of functions by name, e.g. "streamhost.example/draft/1"; null when the host has none
   * of that name. What the pointer points at is described where the extension is. [any] */
  const void *(*get_extension)(const char *id);

  /* -- Log ---------------------------------------------------------------------------------- */

  /* Non-zero when a message of this level would be written. [any] */
  int32_t (*log_enabled)(sh_context *ctx, int32_t level);
  /* Writes one line of UTF-8 to the host's log, marked with the step. Not per record. [any] */
  void (*log)(sh_context *ctx, int32_t level, sh_bytes message);

  /* -- Options of the step (see option.h) ----------------------------------------------------- */

  /* The value of a scalar option in its canonical text: a string as it is, "true" or "false", an
   * integer in decimal, a float, a duration or a time in decimal microseconds, a size in decimal
   * bytes; nothing for an option of another type. The bytes live as long as `config`, that is until
   * `destroy`. SH_OK; SH_END when the option was not given and has no default;
   * SH_E_NOT_IMPLEMENTED for a name that the component did not declare. [control] */
  sh_status (*config_get)(const sh_config *config, const char *option, sh_bytes *value);
  /* The number of items in an option of type list or map, or of components in one of type
   * component; 0 when it was not given. [control] */
  uint32_t (*config_count)(const sh_config *config, const char *option);
  /* Item `index` of a list (then `name` is empty) or of a map, in the manifest's order. `value` is
   * canonical text as above. SH_OK, or SH_END past the last. [control] */
  sh_status (*config_item)(const sh_config *config, const char *option, uint32_t index,
                           sh_bytes *name, sh_bytes *value);
  /* The fields of an option of type table, to be asked like the options themselves; null when it
   * was not given. Lives as long as `config`. [control] */
  const sh_config *(*config_table)(const sh_config *config, const char *option);
  /* Component `index` of an option of type component, in the manifest's order; null past the last.
   * Lives as long as `config`. [control] */
  const sh_use *(*config_component)(const sh_config *config, const char *option, uint32_t index);
  /* Number of inputs named in the manifest's `from`, and the name of one (empty when `from` names
   * a single unnamed input). [control] */
  uint32_t (*input_count)(const sh_config *config);
  sh_status (*input_name)(const sh_config *config, uint32_t port, sh_bytes *name);

  /* -- Where and when ------------------------------------------------------------------------- */

  sh_bytes (*step_id)(sh_context *ctx);       /* the step's name in the manifest [any] */
  uint32_t (*worker_index)(sh_context *ctx);  /* 0 .. worker_count - 1, over all processes [any] */
  uint32_t (*worker_count)(sh_context *ctx);  /* of the whole job [any] */
  uint64_t (*epoch)(sh_context *ctx);         /* the running epoch, from 1 [worker] */
  int64_t (*now_us)(sh_context *ctx);         /* the host's wall clock; tests control it [any] */
  int64_t (*watermark_us)(sh_context *ctx);   /* the step's watermark; SH_NO_TIME: none yet,
                                                 INT64_MAX: the input has ended [worker] */
  /* Non-zero when the step has a watermark: it says `watermark = …` in the manifest, or every path
   * from a source to it leads through a step that does. Where it is 0, watermark_us stays
   * SH_NO_TIME: refuse what needs event time in `create`. [any] */
  int32_t (*has_event_time)(sh_context *ctx);
  /* Non-zero when a step reads this output of the step. What nobody reads goes nowhere, and need not
   * be made. [any] */
  int32_t (*output_read)(sh_context *ctx, uint32_t port);

  /* -- Arenas --------------------------------------------------------------------------------- */

  /* A new arena of `size` writable bytes at *bytes, owned once by the caller; null when memory is
   * out. Write to it only until records that point there are put out, or while
   * `arena_shared` is 0. At least 64 bytes beyond `size` may be read (not written). [worker] */
  sh_arena *(*arena_new)(sh_context *ctx, uint64_t size, uint8_t **bytes);
  void (*arena_retain)(sh_arena *arena);  /* null is allowed [any] */
  void (*arena_release)(sh_arena *arena); /* null is allowed [any] */
  /* 0 when the caller's reference is the only one, so that the bytes may be written again. [any] */
  int32_t (*arena_shared)(sh_arena *arena);

  /* -- Output --------------------------------------------------------------------------------
   * All [worker], inside the call that was given `out`. Any of them may run the steps downstream
   * before it returns. A negative status (SH_E_STOPPED) means that the job is stopping: the
   * plugin returns it at once. `port` is an index into the component's outputs, 0 the default.
   *
   * Records put out may point at: bytes of the open reservation, or committed since the call began;
   * bytes of the batch in hand; bytes of an arena attached in this call; memory that lives as long as the
   * plugin. Nothing else: in particular not at state, nor at the key the host passes with it. */

  /* Room for at least `records` records and `bytes` bytes. One reservation is open at a time over
   * all ports; a further one, forwarding or adopting gives it back. */
  sh_status (*out_reserve)(sh_out *out, uint32_t port, uint32_t records, uint64_t bytes,
                           sh_span *span);
  /* Puts out the first `records` of the reservation and keeps its first `bytes` bytes. */
  sh_status (*out_commit)(sh_out *out, uint32_t port, uint32_t records, uint64_t bytes);
  /* Puts out `count` records (copied unless they are exactly those of the batch in hand). */
  sh_status (*out_forward)(sh_out *out, uint32_t port, const sh_record *records, uint32_t count);
  /* Records put out in the rest of this call may point into `arena`. */
  sh_status (*out_attach)(sh_out *out, sh_arena *arena);
  /* Puts out records that point into memory of the plugin's own (one message, or a whole fetch of
   * them). `memory.release` is called in any case, also when this fails. */
  sh_status (*out_adopt)(sh_out *out, uint32_t port, const sh_record *records, uint32_t count,
                         sh_external memory);
  /* Reports one record that cannot be processed, and why. SH_OK: it was skipped or sent to the
   * step's `errors` port, go on. Negative: the job fails, return it. A source passes a record that
   * it made up, with what it has of the value. [worker] */
  sh_status (*reject)(sh_context *ctx, const sh_record *record, sh_bytes message);

  /* -- Keyed steps: `state` is a pointer that the host passed to the running call ------------- */

  /* Calls on_timers with `tag` for this state once the clock has reached `at_us`. A state has one
   * timer per clock and tag: setting it again moves it. [worker] */
  sh_status (*timer_set)(sh_context *ctx, void *state, int32_t clock, int64_t at_us, uint64_t tag);
  sh_status (*timer_clear)(sh_context *ctx, void *state, int32_t clock, uint64_t tag);
  /* Forgets the key, its state and its timers when the running call has returned. A record of the
   * same batch that comes later still meets the old state; the last word counts: setting a timer
   * after discarding keeps nothing. [worker] */
  void (*state_discard)(sh_context *ctx, void *state);

  /* -- Wakers --------------------------------------------------------------------------------- */

  /* A handle by which any thread makes the worker poll this step's partitions again; owned once by
   * the caller. It may outlive the step: waking is then without effect. [worker] or [control] */
  sh_waker *(*waker)(sh_context *ctx);
  void (*wake)(sh_waker *waker);           /* never blocks [any] */
  void (*waker_release)(sh_waker *waker);  /* [any] */

  /* -- Metrics -------------------------------------------------------------------------------- */

  /* Registers a metric of this step on this worker (snake_case, without prefix; labels may follow,
   * as Prometheus writes them: lag{partition="orders/3"}) and gives its number. The same name gives
   * the same number. [control] or [worker] */
  sh_status (*metric)(sh_context *ctx, int32_t kind, const char *name, const char *help,
                      uint32_t *id);
  /* Adds to a counter, sets a gauge, or observes a value. Once per batch, not per record. [any] */
  void (*metric_record)(sh_context *ctx, uint32_t id, double value);

  /* -- Epochs --------------------------------------------------------------------------------- */

  /* Non-zero when the job goes on from a snapshot of an earlier run, 0 when it begins anew. A
   * partition of a source that is opened without a position in a resumed job is one that came up
   * since. Not yet known, and 0, in `create`. [any] */
  int32_t (*resumed)(sh_context *ctx);
  /* Asks for a barrier before its time: as soon as the epoch in flight, if there is one, is
   * committed. For a sink that holds as much of an epoch as it should.
   * Non-zero: the barrier of the step's running epoch is on its way, behind records that must be
   * taken for it to come. 0: not yet, as the request is on its way or an earlier epoch is not
   * committed; until then a sink may take nothing, but asks again at a time it names. [worker]; where only the request matters [any] */
  int32_t (*request_epoch)(sh_context *ctx);
} sh_host;

#endif
