#include "abi/layout.h"

#include <cxxabi.h>
#include <streamhost/abi.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <typeinfo>

namespace streamhost::testing {

namespace {

// The demangler writes types the same way whatever the compiler.
std::string type_text(const std::type_info& type) {
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, nullptr), &std::free);
  return text ? text.get() : type.name();
}

template <class T>
Struct describe(const char* name, bool frozen, std::vector<Field> fields) {
  return {name, frozen, sizeof(T), alignof(T), std::move(fields)};
}

constexpr bool kFrozen = true;
constexpr bool kGrowing = false;

#define F(field) \
  Field { #field, offsetof(S, field), sizeof(S::field), type_text(typeid(decltype(S::field))) }
#define CONSTANT(name) \
  Constant { #name, static_cast < int64_t>(name) }

Struct sh_bytes_layout() {
  using S = sh_bytes;
  return describe<S>("sh_bytes", kFrozen, {F(ptr), F(len)});
}

Struct sh_error_layout() {
  using S = sh_error;
  return describe<S>("sh_error", kGrowing, {F(struct_size), F(flags), F(record), F(message)});
}

Struct sh_external_layout() {
  using S = sh_external;
  return describe<S>("sh_external", kFrozen, {F(owner), F(release), F(bytes)});
}

Struct sh_header_layout() {
  using S = sh_header;
  return describe<S>("sh_header", kFrozen, {F(name), F(value)});
}

Struct sh_record_layout() {
  using S = sh_record;
  return describe<S>("sh_record", kFrozen,
                     {F(key), F(value), F(headers), F(key_len), F(value_len), F(header_count),
                      F(flags), F(event_time_us), F(key_hash), F(reserved)});
}

Struct sh_batch_layout() {
  using S = sh_batch;
  return describe<S>("sh_batch", kGrowing,
                     {F(struct_size), F(port), F(count), F(flags), F(records), F(arena)});
}

Struct sh_span_layout() {
  using S = sh_span;
  return describe<S>("sh_span", kFrozen,
                     {F(records), F(bytes), F(record_room), F(reserved), F(byte_room)});
}

Struct sh_writer_layout() {
  using S = sh_writer;
  return describe<S>("sh_writer", kFrozen, {F(to), F(write)});
}

Struct sh_use_layout() {
  using S = sh_use;
  return describe<S>("sh_use", kGrowing,
                     {F(struct_size), F(reserved), F(name), F(id), F(component), F(options)});
}

Struct sh_host_layout() {
  using S = sh_host;
  return describe<S>("sh_host", kGrowing,
                     {F(struct_size),    F(abi_major),     F(abi_minor),     F(version),
                      F(get_extension),  F(log_enabled),   F(log),           F(config_get),
                      F(config_count),   F(config_item),   F(config_table),  F(config_component),
                      F(input_count),    F(input_name),    F(step_id),       F(worker_index),
                      F(worker_count),   F(epoch),         F(now_us),        F(watermark_us),
                      F(has_event_time), F(output_read),   F(arena_new),     F(arena_retain),
                      F(arena_release),  F(arena_shared),  F(out_reserve),   F(out_commit),
                      F(out_forward),    F(out_attach),    F(out_adopt),     F(reject),
                      F(timer_set),      F(timer_clear),   F(state_discard), F(waker),
                      F(wake),           F(waker_release), F(metric),        F(metric_record),
                      F(resumed),        F(request_epoch)});
}

Struct sh_option_layout() {
  using S = sh_option;
  return describe<S>("sh_option", kGrowing,
                     {F(struct_size), F(type), F(flags), F(choice_count), F(name), F(default_text),
                      F(help), F(choices), F(min), F(max), F(fields), F(field_count), F(reserved)});
}

Struct sh_progress_layout() {
  using S = sh_progress;
  return describe<S>("sh_progress", kGrowing, {F(struct_size), F(unit), F(done), F(total)});
}

Struct sh_source_layout() {
  using S = sh_source;
  return describe<S>("sh_source", kGrowing,
                     {F(struct_size), F(flags), F(partitions), F(open), F(poll), F(snapshot),
                      F(committed), F(close), F(progress), F(added)});
}

Struct sh_operator_layout() {
  using S = sh_operator;
  return describe<S>("sh_operator", kGrowing,
                     {F(struct_size), F(flags), F(process), F(flush), F(on_end)});
}

Struct sh_timer_layout() {
  using S = sh_timer;
  return describe<S>("sh_timer", kFrozen,
                     {F(state), F(key), F(at_us), F(tag), F(clock), F(reserved)});
}

Struct sh_entry_layout() {
  using S = sh_entry;
  return describe<S>("sh_entry", kFrozen, {F(state), F(key)});
}

Struct sh_keyed_layout() {
  using S = sh_keyed;
  return describe<S>(
      "sh_keyed", kGrowing,
      {F(struct_size), F(flags), F(state_size), F(state_align), F(state_version), F(reserved),
       F(init), F(restore), F(save), F(drop), F(process), F(on_timers), F(on_end), F(merge)});
}

Struct sh_sink_layout() {
  using S = sh_sink;
  return describe<S>("sh_sink", kGrowing,
                     {F(struct_size), F(flags), F(partitions), F(route), F(open), F(write),
                      F(flush), F(prepare), F(commit), F(abort), F(close)});
}

Struct sh_aggregate_layout() {
  using S = sh_aggregate;
  return describe<S>(
      "sh_aggregate", kGrowing,
      {F(struct_size), F(flags), F(state_size), F(state_align), F(state_version), F(reserved),
       F(init), F(add), F(merge), F(finish), F(save), F(restore), F(drop)});
}

Struct sh_lifecycle_layout() {
  using S = sh_lifecycle;
  return describe<S>("sh_lifecycle", kGrowing, {F(struct_size), F(flags), F(create), F(destroy)});
}

Struct sh_port_layout() {
  using S = sh_port;
  return describe<S>("sh_port", kFrozen, {F(name), F(help)});
}

Struct sh_component_layout() {
  using S = sh_component;
  return describe<S>(
      "sh_component", kGrowing,
      {F(struct_size), F(flags), F(name), F(summary), F(data), F(options), F(outputs), F(inputs),
       F(option_count), F(output_count), F(input_count), F(reserved), F(lifecycle), F(source),
       F(op), F(keyed), F(sink), F(aggregate)});
}

Struct sh_plugin_layout() {
  using S = sh_plugin;
  return describe<S>("sh_plugin", kGrowing,
                     {F(magic), F(struct_size), F(abi_major), F(abi_minor), F(flags), F(name),
                      F(version), F(license), F(homepage), F(summary), F(init), F(components),
                      F(component_count), F(reserved)});
}

}  // namespace

Layout abi_layout() {
  Layout layout;
  layout.major = SH_ABI_MAJOR;
  layout.minor = SH_ABI_MINOR;
  layout.structs = {
      sh_bytes_layout(),  sh_error_layout(),     sh_external_layout(),  sh_header_layout(),
      sh_record_layout(), sh_batch_layout(),     sh_span_layout(),      sh_writer_layout(),
      sh_use_layout(),    sh_host_layout(),      sh_option_layout(),    sh_progress_layout(),
      sh_source_layout(), sh_operator_layout(),  sh_timer_layout(),     sh_entry_layout(),
      sh_keyed_layout(),  sh_sink_layout(),      sh_aggregate_layout(), sh_lifecycle_layout(),
      sh_port_layout(),   sh_component_layout(), sh_plugin_layout()};
  layout.constants = {CONSTANT(SH_OK),
                      CONSTANT(SH_AGAIN),
                      CONSTANT(SH_END),
                      CONSTANT(SH_E_INTERNAL),
                      CONSTANT(SH_E_CONFIG),
                      CONSTANT(SH_E_UNAVAILABLE),
                      CONSTANT(SH_E_DATA),
                      CONSTANT(SH_E_STATE),
                      CONSTANT(SH_E_NOT_IMPLEMENTED),
                      CONSTANT(SH_E_STOPPED),
                      CONSTANT(SH_ERR_RETRYABLE),
                      CONSTANT(SH_ERR_RECORD),
                      CONSTANT(SH_ABSENT),
                      CONSTANT(SH_NO_TIME),
                      CONSTANT(SH_LOG_TRACE),
                      CONSTANT(SH_LOG_DEBUG),
                      CONSTANT(SH_LOG_INFO),
                      CONSTANT(SH_LOG_WARN),
                      CONSTANT(SH_LOG_ERROR),
                      CONSTANT(SH_CLOCK_SYSTEM),
                      CONSTANT(SH_CLOCK_EVENT),
                      CONSTANT(SH_METRIC_COUNTER),
                      CONSTANT(SH_METRIC_GAUGE),
                      CONSTANT(SH_METRIC_HISTOGRAM),
                      CONSTANT(SH_TYPE_STRING),
                      CONSTANT(SH_TYPE_INT),
                      CONSTANT(SH_TYPE_FLOAT),
                      CONSTANT(SH_TYPE_BOOL),
                      CONSTANT(SH_TYPE_DURATION),
                      CONSTANT(SH_TYPE_SIZE),
                      CONSTANT(SH_TYPE_TIME),
                      CONSTANT(SH_TYPE_LIST),
                      CONSTANT(SH_TYPE_MAP),
                      CONSTANT(SH_TYPE_ANY),
                      CONSTANT(SH_TYPE_TABLE),
                      CONSTANT(SH_TYPE_COMPONENT),
                      CONSTANT(SH_OPTION_REQUIRED),
                      CONSTANT(SH_OPTION_SECRET),
                      CONSTANT(SH_OPTION_DEPRECATED),
                      CONSTANT(SH_OPTION_PATH),
                      CONSTANT(SH_OPTION_HAS_MIN),
                      CONSTANT(SH_OPTION_HAS_MAX),
                      CONSTANT(SH_OPTION_NAMED),
                      CONSTANT(SH_UNIT_RECORDS),
                      CONSTANT(SH_UNIT_BYTES),
                      CONSTANT(SH_OPERATOR_REDISTRIBUTE),
                      CONSTANT(SH_KEYED_COMBINES),
                      CONSTANT(SH_SINK_TRANSACTIONAL),
                      CONSTANT(SH_COMPONENT_ANY_INPUTS),
                      CONSTANT(SH_MAGIC)};
  return layout;
}

}  // namespace streamhost::testing
