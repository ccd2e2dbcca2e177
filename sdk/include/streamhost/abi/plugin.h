/* A plugin: one shared object, one exported symbol, any number of components.
 *
 *   SH_EXPORT const sh_plugin streamhost_plugin = { SH_MAGIC, sizeof(sh_plugin), ... };
 *
 * The host reads magic, struct_size and the ABI version before it calls anything. It loads a plugin
 * whose major equals its own and whose minor is at most its own. Plugins are never unloaded.
 * Several steps may use one component: keep nothing in globals. */
#ifndef STREAMHOST_ABI_PLUGIN_H
#define STREAMHOST_ABI_PLUGIN_H

#include <streamhost/abi/aggregate.h>
#include <streamhost/abi/keyed.h>
#include <streamhost/abi/operator.h>
#include <streamhost/abi/option.h>
#include <streamhost/abi/sink.h>
#include <streamhost/abi/source.h>

#define SH_MAGIC 0x31504853u /* "SHP1" in little-endian memory */

/* How instances of a component come and go: one per step and worker. */
typedef struct sh_lifecycle {
  uint32_t struct_size;
  uint32_t flags; /* 0 */
  /* Makes an instance. `ctx` and `config` stay valid until `destroy` returns. Must be cheap and
   * must not touch the outside world more than it takes to refuse a bad configuration: connections
   * are made in `open`. [control] */
  sh_status (*create)(const sh_host *host, sh_context *ctx, const struct sh_component *component,
                      const sh_config *config, void **self, sh_error *error);
  void (*destroy)(void *self); /* [control] */
} sh_lifecycle;

/* Frozen. */
typedef struct sh_port {
  const char *name;
  const char *help;
} sh_port;

enum {
  SH_COMPONENT_ANY_INPUTS = 1u /* the manifest names the inputs: from = { left = "a", … } */
};

typedef struct sh_component {
  uint32_t struct_size;
  uint32_t flags;      /* SH_COMPONENT_... */
  const char *name;    /* [a-z][a-z0-9_]*; used as "plugin.name" */
  const char *summary; /* one line */
  const void *data;    /* the plugin's own; the host does not look at it */

  const sh_option *const *options;
  const sh_port *outputs; /* none: one output named "out" (sinks and aggregates have none) */
  const sh_port *inputs;  /* none: one unnamed input, or any with SH_COMPONENT_ANY_INPUTS */
  uint32_t option_count;
  uint32_t output_count;
  uint32_t input_count;
  uint32_t reserved;

  const sh_lifecycle *lifecycle;
  const sh_source *source; /* exactly one of these five is set */
  const sh_operator *op;
  const sh_keyed *keyed;
  const sh_sink *sink;
  const sh_aggregate *aggregate;
} sh_component;

typedef struct sh_plugin {
  uint32_t magic; /* SH_MAGIC */
  uint32_t struct_size;
  uint16_t abi_major, abi_minor; /* SH_ABI_MAJOR, SH_ABI_MINOR */
  uint32_t flags;                /* 0 */
  const char *name;              /* [a-z][a-z0-9_]*; the file is NAME.so */
  const char *version;
  const char *license; /* SPDX expression */
  const char *homepage, *summary; /* may be null */
  /* Called once, before anything else of the plugin. Optional. [control] */
  sh_status (*init)(const sh_host *host, sh_error *error);
  const sh_component *const *components;
  uint32_t component_count;
  uint32_t reserved;
} sh_plugin;

#ifdef __cplusplus
extern "C" {
#endif
extern SH_EXPORT const sh_plugin streamhost_plugin;
#ifdef __cplusplus
}
#endif

#endif
