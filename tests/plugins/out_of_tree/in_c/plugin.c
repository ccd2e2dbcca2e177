/* A plugin in plain C: `in_c.reverse` turns the letters of each value around. */
#include <streamhost/abi.h>

#include <stdlib.h>
#include <string.h>

typedef struct Reverse {
  const sh_host *host;
} Reverse;

static sh_status create(const sh_host *host, sh_context *ctx, const sh_component *component,
                        const sh_config *config, void **self, sh_error *error) {
  Reverse *reverse = malloc(sizeof *reverse);
  (void)ctx, (void)component, (void)config;
  if (reverse == NULL) {
    strcpy(error->message, "out of memory");
    return SH_E_UNAVAILABLE;
  }
  reverse->host = host;
  *self = reverse;
  return SH_OK;
}

static void destroy(void *self) { free(self); }

static sh_status process(void *self, const sh_batch *batch, sh_out *out, sh_error *error) {
  const sh_host *host = ((const Reverse *)self)->host;
  uint64_t bytes = 0;
  uint32_t i, k;
  sh_span span;
  sh_status status;
  uint8_t *to;
  (void)error;
  for (i = 0; i < batch->count; ++i) {
    if (batch->records[i].value_len != SH_ABSENT) bytes += batch->records[i].value_len;
  }
  status = host->out_reserve(out, 0, batch->count, bytes, &span);
  if (status < 0) return status;
  to = span.bytes;
  for (i = 0; i < batch->count; ++i) {
    const sh_record *in = &batch->records[i];
    span.records[i] = *in; /* key, event time and headers stay, and so do absent values */
    if (in->value_len == SH_ABSENT) continue;
    for (k = 0; k < in->value_len; ++k) to[k] = in->value[in->value_len - 1 - k];
    span.records[i].value = to;
    to += in->value_len;
  }
  return host->out_commit(out, 0, batch->count, bytes);
}

static const sh_lifecycle lifecycle = {
    .struct_size = sizeof(sh_lifecycle), .create = create, .destroy = destroy};
static const sh_operator reverse_table = {.struct_size = sizeof(sh_operator), .process = process};
static const sh_component reverse = {.struct_size = sizeof(sh_component),
                                     .name = "reverse",
                                     .summary = "Turns the letters of each value around",
                                     .lifecycle = &lifecycle,
                                     .op = &reverse_table};
static const sh_component *const components[] = {&reverse};

SH_EXPORT const sh_plugin streamhost_plugin = {.magic = SH_MAGIC,
                                               .struct_size = sizeof(sh_plugin),
                                               .abi_major = SH_ABI_MAJOR,
                                               .abi_minor = SH_ABI_MINOR,
                                               .name = "in_c",
                                               .version = "1.0.0",
                                               .license = "Apache-2.0",
                                               .components = components,
                                               .component_count = 1};
