/* How a component describes its options. The host checks the manifest against this table, fills in
 * defaults, and prints it in `streamhost plugin show`; the component never sees a bad value. */
#ifndef STREAMHOST_ABI_OPTION_H
#define STREAMHOST_ABI_OPTION_H

#include <streamhost/abi/base.h>

enum {
  SH_TYPE_STRING = 0,
  SH_TYPE_INT = 1,
  SH_TYPE_FLOAT = 2, /* an integer in the manifest is accepted */
  SH_TYPE_BOOL = 3,
  SH_TYPE_DURATION = 4, /* "250ms", "1m30s" in the manifest; microseconds for the plugin */
  SH_TYPE_SIZE = 5,     /* "64KiB" or an integer in the manifest; bytes for the plugin */
  SH_TYPE_TIME = 6,     /* TOML date-time or RFC 3339 text; microseconds since the Unix epoch */
  SH_TYPE_LIST = 7,     /* of scalars; a single scalar is taken as a list of one */
  SH_TYPE_MAP = 8,      /* table of scalars */
  SH_TYPE_ANY = 9,      /* any scalar, as JSON text: a string comes with its quotes */
  SH_TYPE_TABLE = 10,   /* table of the options in `fields`: window = { kind = "session", … } */
  SH_TYPE_COMPONENT = 11 /* a component, with options of its own or without:
                            "agg.sum" or { use = "agg.quantile", q = 0.99 } */
};

enum {
  SH_OPTION_REQUIRED = 1u,
  SH_OPTION_SECRET = 2u,     /* never printed or logged */
  SH_OPTION_DEPRECATED = 4u, /* still works; the host warns, `help` says what to use instead */
  SH_OPTION_PATH = 8u,       /* a file name: relative ones are taken from the manifest's folder */
  SH_OPTION_HAS_MIN = 16u,
  SH_OPTION_HAS_MAX = 32u,
  SH_OPTION_NAMED = 64u /* of type component: one as above, or a table of names for any number of
                           them: { n = "agg.count", total = { use = "agg.sum" } } */
};

/* Grows at its tail; components hold arrays of pointers to these. Lives as long as the plugin. */
typedef struct sh_option {
  uint32_t struct_size;
  int32_t type; /* SH_TYPE_... */
  uint32_t flags;
  uint32_t choice_count; /* 0: any value */
  const char *name;      /* [a-z][a-z0-9_]*; outside of `fields` not `use`, `from`, `on_error` or
                            another word of the host's own */
  const char *default_text; /* as in a manifest, without quotes; null: no default. Tables and
                               components have none */
  const char *help;         /* one line, what it does and in which unit */
  const char *const *choices; /* of type component: the kinds it may be of. Only "aggregate" so
                                 far, and that is what no choices mean */
  double min, max; /* inclusive, in the canonical unit; with SH_OPTION_HAS_MIN, _MAX */
  /* Of type table, which may hold tables, four deep. A table that is given is checked like the
   * options of a step, and its fields get their defaults; one that is not given is absent. */
  const struct sh_option *const *fields;
  uint32_t field_count;
  uint32_t reserved;
} sh_option;

#endif
