/* A plugin in C whose operator uses the aggregates that the manifest names: `fold.all` adds all
 * records to each, and puts the results out at the end, under the aggregates' names. */
#include <streamhost/abi.h>

#include <stdlib.h>
#include <string.h>

typedef struct Part {
  const sh_use *use;
  const sh_aggregate *table;
  void *self;
  void *state;
} Part;

typedef struct Fold {
  const sh_host *host;
  sh_context *ctx;
  int64_t greatest; /* larger values are left out */
  Part *parts;
  uint32_t count;
} Fold;

typedef struct Text {
  char bytes[256];
  uint64_t length;
} Text;

static sh_status append(void *to, sh_bytes bytes) {
  Text *text = to;
  if (bytes.len > sizeof text->bytes - text->length) return SH_E_UNAVAILABLE;
  if (bytes.len != 0) memcpy(text->bytes + text->length, bytes.ptr, bytes.len);
  text->length += bytes.len;
  return SH_OK;
}

static int64_t number_of(const uint8_t *ptr, uint64_t len) {
  char text[32] = {0};
  memcpy(text, ptr, len < sizeof text - 1 ? len : sizeof text - 1);
  return strtoll(text, NULL, 10);
}

static void destroy(void *self) {
  Fold *fold = self;
  uint32_t i;
  for (i = 0; i < fold->count; ++i) {
    Part *part = &fold->parts[i];
    if (part->state != NULL && part->table->drop != NULL) part->table->drop(part->self, part->state);
    free(part->state);
    part->use->component->lifecycle->destroy(part->self);
  }
  free(fold->parts);
  free(fold);
}

static sh_status use_aggregates(Fold *fold, const sh_config *config, sh_error *error) {
  const uint32_t count = fold->host->config_count(config, "aggregate");
  uint32_t i;
  fold->parts = calloc(count + 1, sizeof *fold->parts);
  if (fold->parts == NULL) return SH_E_UNAVAILABLE;
  for (i = 0; i < count; ++i) {
    const sh_use *use = fold->host->config_component(config, "aggregate", i);
    Part *part = &fold->parts[i];
    sh_status status = use->component->lifecycle->create(
        fold->host, fold->ctx, use->component, use->options, &part->self, error);
    if (status < 0) return status;
    part->use = use;
    part->table = use->component->aggregate;
    ++fold->count; /* from here on destroy() cleans up */
    part->state = calloc(1, part->table->state_size + 1);
    if (part->state == NULL) return SH_E_UNAVAILABLE;
    if (part->table->init != NULL) {
      status = part->table->init(part->self, part->state, error);
      if (status < 0) return status;
    }
  }
  return SH_OK;
}

static sh_status create(const sh_host *host, sh_context *ctx, const sh_component *component,
                        const sh_config *config, void **self, sh_error *error) {
  const sh_config *limits = host->config_table(config, "limits");
  Fold *fold = calloc(1, sizeof *fold);
  sh_bytes text;
  sh_status status;
  (void)component;
  if (fold == NULL) return SH_E_UNAVAILABLE;
  fold->host = host;
  fold->ctx = ctx;
  fold->greatest = INT64_MAX;
  if (limits != NULL && host->config_get(limits, "greatest", &text) == SH_OK) {
    fold->greatest = number_of(text.ptr, text.len);
  }
  if (host->config_get(config, "needs_time", &text) == SH_OK && text.len == 4 &&
      !host->has_event_time(ctx)) {
    strcpy(error->message, "it needs event time");
    destroy(fold);
    return SH_E_CONFIG;
  }
  status = use_aggregates(fold, config, error);
  if (status < 0) {
    destroy(fold);
    return status;
  }
  *self = fold;
  return SH_OK;
}

static sh_status add(Fold *fold, Part *part, const sh_record *record, sh_error *error) {
  const sh_status status = part->table->add(part->self, &part->state, record, 1, error);
  sh_bytes message;
  if (status != SH_E_DATA || (error->flags & SH_ERR_RECORD) == 0) return status;
  message.ptr = (const uint8_t *)error->message;
  message.len = strlen(error->message);
  return fold->host->reject(fold->ctx, record, message);
}

static sh_status process(void *self, const sh_batch *batch, sh_out *out, sh_error *error) {
  Fold *fold = self;
  uint32_t i, k;
  (void)out;
  for (i = 0; i < batch->count; ++i) {
    const sh_record *record = &batch->records[i];
    if (number_of(record->value, record->value_len) > fold->greatest) continue;
    for (k = 0; k < fold->count; ++k) {
      const sh_status status = add(fold, &fold->parts[k], record, error);
      if (status < 0) return status;
    }
  }
  return SH_OK;
}

static sh_status on_end(void *self, sh_out *out, sh_error *error) {
  Fold *fold = self;
  uint32_t i;
  for (i = 0; i < fold->count; ++i) {
    const Part *part = &fold->parts[i];
    const sh_bytes name = part->use->name.len == 0 ? part->use->id : part->use->name;
    Text text = {{0}, 0};
    sh_writer writer;
    sh_record record;
    sh_span span;
    sh_status status;
    writer.to = &text;
    writer.write = append;
    status = part->table->finish(part->self, part->state, &writer, error);
    if (status < 0) return status;
    status = fold->host->out_reserve(out, 0, 1, name.len + text.length, &span);
    if (status < 0) return status;
    memcpy(span.bytes, name.ptr, name.len);
    memcpy(span.bytes + name.len, text.bytes, text.length);
    memset(&record, 0, sizeof record);
    record.key = span.bytes;
    record.key_len = (uint32_t)name.len;
    record.value = span.bytes + name.len;
    record.value_len = (uint32_t)text.length;
    record.event_time_us = SH_NO_TIME;
    span.records[0] = record;
    status = fold->host->out_commit(out, 0, 1, name.len + text.length);
    if (status < 0) return status;
  }
  return SH_OK;
}

static const sh_option greatest = {.struct_size = sizeof(sh_option),
                                   .type = SH_TYPE_INT,
                                   .name = "greatest",
                                   .default_text = "5",
                                   .help = "larger values are left out"};
static const sh_option *const limit_fields[] = {&greatest};
static const sh_option limits = {.struct_size = sizeof(sh_option),
                                 .type = SH_TYPE_TABLE,
                                 .name = "limits",
                                 .help = "which values count",
                                 .fields = limit_fields,
                                 .field_count = 1};
static const sh_option aggregate = {.struct_size = sizeof(sh_option),
                                    .type = SH_TYPE_COMPONENT,
                                    .flags = SH_OPTION_REQUIRED | SH_OPTION_NAMED,
                                    .name = "aggregate",
                                    .help = "what is computed"};
static const sh_option needs_time = {.struct_size = sizeof(sh_option),
                                     .type = SH_TYPE_BOOL,
                                     .name = "needs_time",
                                     .help = "refuse input without event time"};
static const sh_option *const options[] = {&limits, &aggregate, &needs_time};

static const sh_lifecycle lifecycle = {
    .struct_size = sizeof(sh_lifecycle), .create = create, .destroy = destroy};
static const sh_operator table = {
    .struct_size = sizeof(sh_operator), .process = process, .on_end = on_end};
static const sh_component all = {.struct_size = sizeof(sh_component),
                                 .name = "all",
                                 .lifecycle = &lifecycle,
                                 .op = &table,
                                 .options = options,
                                 .option_count = 3};
static const sh_component *const components[] = {&all};

SH_EXPORT const sh_plugin streamhost_plugin = {.magic = SH_MAGIC,
                                               .struct_size = sizeof(sh_plugin),
                                               .abi_major = SH_ABI_MAJOR,
                                               .abi_minor = SH_ABI_MINOR,
                                               .name = "fold",
                                               .version = "1.0.0",
                                               .license = "Apache-2.0",
                                               .components = components,
                                               .component_count = 1};
