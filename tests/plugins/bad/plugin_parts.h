/* A plugin in which nothing is wrong, in parts; each file of this folder breaks one of them. SELF is
 * the name of the file without ".so", from the build. */
#ifndef STREAMHOST_TESTS_PLUGIN_PARTS_H
#define STREAMHOST_TESTS_PLUGIN_PARTS_H

#include <streamhost/abi.h>

static inline sh_status create(const sh_host *host, sh_context *ctx, const sh_component *component,
                               const sh_config *config, void **self, sh_error *error) {
  (void)host, (void)ctx, (void)component, (void)config, (void)error;
  *self = 0;
  return SH_OK;
}
static inline void destroy(void *self) { (void)self; }
static inline sh_status partitions(void *self, sh_writer *names, sh_error *error) {
  (void)self, (void)names, (void)error;
  return SH_OK;
}
static inline sh_status open_part(void *self, sh_bytes partition, const sh_bytes *resume,
                                  void **part, sh_error *error) {
  (void)self, (void)partition, (void)resume, (void)part, (void)error;
  return SH_OK;
}
static inline void close_part(void *part) { (void)part; }
static inline sh_status process(void *self, const sh_batch *batch, void *const *states, sh_out *out,
                                sh_error *error) {
  (void)self, (void)batch, (void)states, (void)out, (void)error;
  return SH_OK;
}

static const sh_lifecycle lifecycle = {sizeof(sh_lifecycle), 0, create, destroy};
static const sh_operator pass = {sizeof(sh_operator), 0, 0, 0};

/* Fields of a sh_component; later ones of the same name take their place. */
#define GOOD_COMPONENT(component_name)                             \
  .struct_size = sizeof(sh_component), .name = component_name,     \
  .lifecycle = &lifecycle, .op = &pass

static const sh_component good = {GOOD_COMPONENT("good")};
static const sh_component *const good_components[] = {&good};

#define COMPONENTS(array) \
  .components = (array), .component_count = sizeof(array) / sizeof *(array)
#define GOOD_PLUGIN                                                                         \
  .magic = SH_MAGIC, .struct_size = sizeof(sh_plugin), .abi_major = SH_ABI_MAJOR,           \
  .abi_minor = SH_ABI_MINOR, .name = SELF, .version = "1.0", .license = "Apache-2.0",       \
  COMPONENTS(good_components)

/* The plugin's only component is `component`. */
#define PLUGIN_OF(component)                                          \
  static const sh_component *const components[] = {&(component)};     \
  SH_EXPORT const sh_plugin streamhost_plugin = {GOOD_PLUGIN, COMPONENTS(components)}

#endif
