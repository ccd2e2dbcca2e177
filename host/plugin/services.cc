#include "plugin/services.h"

#include <streamhost/draft/crash_point.h>

#include <cstring>
#include <string_view>

#include "plugin/options.h"

namespace streamhost {
namespace {

std::string_view view(sh_bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.ptr), static_cast<size_t>(bytes.len)};
}

constexpr sh_crash_point kCrashPoint = {
    .struct_size = sizeof(sh_crash_point),
    .reserved = 0,
    .pass = [](sh_context* c, const char* point) { c->crash_point(point); },
};

const void* extension(const char* id) {
  return std::strcmp(id, SH_CRASH_POINT_DRAFT_1) == 0 ? &kCrashPoint : nullptr;
}

constexpr sh_host kTable = {
    .struct_size = sizeof(sh_host),
    .abi_major = SH_ABI_MAJOR,
    .abi_minor = SH_ABI_MINOR,
    .version = STREAMHOST_VERSION,
    .get_extension = extension,
    .log_enabled = [](sh_context* c, int32_t level) -> int32_t { return c->log_enabled(level); },
    .log = [](sh_context* c, int32_t level, sh_bytes message) { c->log(level, message); },
    .config_get = [](const sh_config* config, const char* option, sh_bytes* value) -> sh_status {
      const auto it = config->values.find(std::string_view(option));
      if (it == config->values.end()) return SH_E_NOT_IMPLEMENTED;
      if (!it->second.given) return SH_END;
      *value = {reinterpret_cast<const uint8_t*>(it->second.text.data()), it->second.text.size()};
      return SH_OK;
    },
    .config_count = [](const sh_config* config, const char* option) -> uint32_t {
      const auto it = config->values.find(std::string_view(option));
      if (it == config->values.end()) return 0;
      const streamhost::OptionValue& value = it->second;
      return static_cast<uint32_t>(value.items.size() + value.components.size());
    },
    .config_item = [](const sh_config* config, const char* option, uint32_t index, sh_bytes* name,
                      sh_bytes* value) -> sh_status {
      const auto it = config->values.find(std::string_view(option));
      if (it == config->values.end() || index >= it->second.items.size()) return SH_END;
      const auto& [item_name, item_value] = it->second.items[index];
      *name = {reinterpret_cast<const uint8_t*>(item_name.data()), item_name.size()};
      *value = {reinterpret_cast<const uint8_t*>(item_value.data()), item_value.size()};
      return SH_OK;
    },
    .config_table = [](const sh_config* config, const char* option) -> const sh_config* {
      const auto it = config->values.find(std::string_view(option));
      return it == config->values.end() ? nullptr : it->second.table.get();
    },
    .config_component = [](const sh_config* config, const char* option,
                           uint32_t index) -> const sh_use* {
      const auto it = config->values.find(std::string_view(option));
      if (it == config->values.end() || index >= it->second.components.size()) return nullptr;
      return &it->second.components[index]->raw;
    },
    .input_count = [](const sh_config* config) -> uint32_t {
      return static_cast<uint32_t>(config->inputs.size());
    },
    .input_name = [](const sh_config* config, uint32_t port, sh_bytes* name) -> sh_status {
      if (port >= config->inputs.size()) return SH_END;
      const std::string& text = config->inputs[port];
      *name = {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
      return SH_OK;
    },
    .step_id = [](sh_context* c) { return c->step_id(); },
    .worker_index = [](sh_context* c) { return c->worker_index(); },
    .worker_count = [](sh_context* c) { return c->worker_count(); },
    .epoch = [](sh_context* c) { return c->epoch(); },
    .now_us = [](sh_context* c) { return c->now_us(); },
    .watermark_us = [](sh_context* c) { return c->watermark_us(); },
    .has_event_time = [](sh_context* c) -> int32_t { return c->has_event_time(); },
    .output_read = [](sh_context* c, uint32_t port) -> int32_t { return c->output_read(port); },
    .arena_new = [](sh_context* c, uint64_t size,
                    uint8_t** bytes) { return c->arena_new(size, bytes); },
    .arena_retain = [](sh_arena* arena) { retain(arena); },
    .arena_release = [](sh_arena* arena) { release(arena); },
    .arena_shared = [](sh_arena* arena) -> int32_t { return is_shared(arena); },
    .out_reserve = [](sh_out* out, uint32_t port, uint32_t records, uint64_t bytes,
                      sh_span* span) { return out->reserve(port, records, bytes, span); },
    .out_commit = [](sh_out* out, uint32_t port, uint32_t records,
                     uint64_t bytes) { return out->commit(port, records, bytes); },
    .out_forward = [](sh_out* out, uint32_t port, const sh_record* records,
                      uint32_t count) { return out->forward(port, records, count); },
    .out_attach = [](sh_out* out, sh_arena* arena) { return out->attach(arena); },
    .out_adopt = [](sh_out* out, uint32_t port, const sh_record* records, uint32_t count,
                    sh_external memory) { return out->adopt(port, records, count, memory); },
    .reject = [](sh_context* c, const sh_record* record,
                 sh_bytes message) { return c->reject(record, message); },
    .timer_set = [](sh_context* c, void* state, int32_t clock, int64_t at_us,
                    uint64_t tag) { return c->timer_set(state, clock, at_us, tag); },
    .timer_clear = [](sh_context* c, void* state, int32_t clock,
                      uint64_t tag) { return c->timer_clear(state, clock, tag); },
    .state_discard = [](sh_context* c, void* state) { c->state_discard(state); },
    .waker = [](sh_context* c) { return c->waker(); },
    .wake = [](sh_waker* waker) { waker->wake(); },
    .waker_release = [](sh_waker* waker) { waker->release(); },
    .metric = [](sh_context* c, int32_t kind, const char* name, const char* help,
                 uint32_t* id) { return c->metric(kind, name, help, id); },
    .metric_record = [](sh_context* c, uint32_t id, double value) { c->metric_record(id, value); },
    .resumed = [](sh_context* c) -> int32_t { return c->resumed(); },
    .request_epoch = [](sh_context* c) -> int32_t { return c->request_epoch(); },
};

}  // namespace

BufferWriter::BufferWriter()
    : sh_writer{this, [](void* self, sh_bytes bytes) -> sh_status {
                  static_cast<BufferWriter*>(self)->bytes_.append(view(bytes));
                  return SH_OK;
                }} {}

NamesWriter::NamesWriter()
    : sh_writer{this, [](void* self, sh_bytes bytes) -> sh_status {
                  static_cast<NamesWriter*>(self)->names_.emplace_back(view(bytes));
                  return SH_OK;
                }} {}

const sh_host* host_table() { return &kTable; }

const char* host_version() { return STREAMHOST_VERSION; }

}  // namespace streamhost
