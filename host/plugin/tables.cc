#include "plugin/tables.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <deque>
#include <utility>

namespace streamhost {

namespace {

// Where the struct ended in version 1.0 of the ABI: no plugin's may be shorter.
#define SH_SIZE_1_0(type, last) (offsetof(type, last) + sizeof(type::last))
constexpr size_t kPlugin10 = SH_SIZE_1_0(sh_plugin, reserved);
constexpr size_t kComponent10 = SH_SIZE_1_0(sh_component, aggregate);
constexpr size_t kLifecycle10 = SH_SIZE_1_0(sh_lifecycle, destroy);
constexpr size_t kSource10 = SH_SIZE_1_0(sh_source, progress);
constexpr size_t kOperator10 = SH_SIZE_1_0(sh_operator, on_end);
constexpr size_t kKeyed10 = SH_SIZE_1_0(sh_keyed, merge);
constexpr size_t kSink10 = SH_SIZE_1_0(sh_sink, close);
constexpr size_t kAggregate10 = SH_SIZE_1_0(sh_aggregate, drop);
constexpr size_t kOption10 = SH_SIZE_1_0(sh_option, reserved);
#undef SH_SIZE_1_0

// More of anything than this is not a table but chance memory.
constexpr uint32_t kMostEntries = 4096;
// Tables in tables; more is a table that holds itself.
constexpr uint32_t kDeepestTable = 4;

struct ComponentCopy {
  sh_component component{};
  sh_lifecycle lifecycle{};
  sh_source source{};
  sh_operator op{};
  sh_keyed keyed{};
  sh_sink sink{};
  sh_aggregate aggregate{};
  std::deque<sh_option> options;  // with the fields of tables
  std::deque<std::vector<const sh_option*>> option_arrays;
  std::vector<sh_port> outputs, inputs;
};

struct PluginCopy {
  sh_plugin plugin{};
  std::deque<ComponentCopy> components;
  std::vector<const sh_component*> component_pointers;
};

Status refuse(std::string message) { return {Code::kPlugin, std::move(message)}; }

// No plugin's struct is larger than the host's: its minor version is at most the host's.
template <class T>
Status copy_struct(const T* from, size_t least, const std::string& what, T& to) {
  if (from->struct_size < least || from->struct_size > sizeof(T)) {
    const std::string range = least == sizeof(T)
                                  ? std::to_string(least)
                                  : std::to_string(least) + " to " + std::to_string(sizeof(T));
    return refuse(what + " has struct_size " + std::to_string(from->struct_size) +
                  " where there must be " + range + "; set it with sizeof");
  }
  std::memcpy(&to, from, from->struct_size);
  to.struct_size = sizeof(T);
  return Status::ok();
}

// Copies the table behind `pointer`, if there is one, and points `pointer` at the copy.
template <class T>
Status copy_optional(const T*& pointer, size_t least, const std::string& what, T& to) {
  if (pointer == nullptr) return Status::ok();
  if (Status status = copy_struct(pointer, least, what, to); !status) return status;
  pointer = &to;
  return Status::ok();
}

Status check_array(const void* array, uint32_t count, const std::string& what) {
  if (count > kMostEntries) return refuse(what + ": " + std::to_string(count) + " are too many");
  if (count > 0 && array == nullptr) return refuse(what + ": the array is null");
  return Status::ok();
}

void copy_ports(const sh_port*& ports, uint32_t count, std::vector<sh_port>& to) {
  to.assign(ports, ports + count);
  for (sh_port& port : to) {
    if (port.help == nullptr) port.help = "";
  }
  ports = to.data();
}

// Copies an array of options, and those that are fields of its tables, and points `list` at the
// copy. `depth`: how many tables they are in.
Status copy_options(const sh_option* const*& list, uint32_t count, const std::string& where,
                    uint32_t depth, ComponentCopy& copy) {
  const std::string word = depth == 0 ? "option" : "field";
  if (Status s = check_array(list, count, where + ", " + word + "s"); !s) return s;
  if (count != 0 && depth > kDeepestTable) {
    return refuse(where + ": tables are nested more than " + std::to_string(kDeepestTable) +
                  " deep");
  }
  if (copy.options.size() + count > kMostEntries) {
    return refuse(where + ": more than " + std::to_string(kMostEntries) +
                  " options, with the fields of tables");
  }
  std::vector<const sh_option*>& pointers = copy.option_arrays.emplace_back();
  for (uint32_t i = 0; i < count; ++i) {
    const std::string what = where + ", " + word + " " + std::to_string(i + 1);
    if (list[i] == nullptr) return refuse(what + ": the pointer is null");
    sh_option& option = copy.options.emplace_back();
    if (Status s = copy_struct(list[i], kOption10, what, option); !s) return s;
    if (Status s = check_array(option.choices, option.choice_count, what + ", choices"); !s) {
      return s;
    }
    if (option.help == nullptr) option.help = "";
    if (Status s = copy_options(option.fields, option.field_count, what, depth + 1, copy); !s) {
      return s;
    }
    pointers.push_back(&option);
  }
  list = pointers.data();
  return Status::ok();
}

Status copy_component(const sh_component* raw, const std::string& place, ComponentCopy& copy) {
  if (raw == nullptr) return refuse(place + ": the pointer is null");
  sh_component& c = copy.component;
  if (Status s = copy_struct(raw, kComponent10, place, c); !s) return s;
  const std::string where = is_name(c.name) ? std::string("component \"") + c.name + "\"" : place;
  if (c.summary == nullptr) c.summary = "";
  for (Status s : {check_array(c.outputs, c.output_count, where + ", outputs"),
                   check_array(c.inputs, c.input_count, where + ", inputs")}) {
    if (!s) return s;
  }
  if (Status s = copy_options(c.options, c.option_count, where, 0, copy); !s) return s;
  copy_ports(c.outputs, c.output_count, copy.outputs);
  copy_ports(c.inputs, c.input_count, copy.inputs);
  for (Status s :
       {copy_optional(c.lifecycle, kLifecycle10, where + ", its sh_lifecycle", copy.lifecycle),
        copy_optional(c.source, kSource10, where + ", its sh_source", copy.source),
        copy_optional(c.op, kOperator10, where + ", its sh_operator", copy.op),
        copy_optional(c.keyed, kKeyed10, where + ", its sh_keyed", copy.keyed),
        copy_optional(c.sink, kSink10, where + ", its sh_sink", copy.sink),
        copy_optional(c.aggregate, kAggregate10, where + ", its sh_aggregate", copy.aggregate)}) {
    if (!s) return s;
  }
  return Status::ok();
}

std::string version_text(unsigned major, unsigned minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

}  // namespace

Status check_header(const sh_plugin& raw) {
  if (raw.magic != SH_MAGIC) {
    return refuse("not a streamhost plugin: its sh_plugin does not begin with SH_MAGIC");
  }
  const std::string theirs = version_text(raw.abi_major, raw.abi_minor);
  const std::string ours = version_text(SH_ABI_MAJOR, SH_ABI_MINOR);
  if (raw.abi_major != SH_ABI_MAJOR) {
    return refuse("it was built for version " + theirs + " of the plugin ABI, this host has " +
                  ours + "; build it again with this host's SDK");
  }
  if (raw.abi_minor > SH_ABI_MINOR) {
    return refuse("it was built for version " + theirs + " of the plugin ABI, this host has " +
                  ours + "; it needs a newer host, or to be built with this host's SDK");
  }
  if (raw.struct_size < kPlugin10 || raw.struct_size > sizeof(sh_plugin)) {
    return refuse("its sh_plugin has struct_size " + std::to_string(raw.struct_size) +
                  ", which version " + theirs + " of the plugin ABI does not know");
  }
  return Status::ok();
}

Result<std::shared_ptr<const sh_plugin>> copy_tables(const sh_plugin& raw) {
  auto copy = std::make_shared<PluginCopy>();
  sh_plugin& plugin = copy->plugin;
  if (Status s = copy_struct(&raw, kPlugin10, "its sh_plugin", plugin); !s) return s;
  if (plugin.homepage == nullptr) plugin.homepage = "";
  if (plugin.summary == nullptr) plugin.summary = "";
  if (Status s = check_array(plugin.components, plugin.component_count, "components"); !s) return s;
  for (uint32_t i = 0; i < plugin.component_count; ++i) {
    ComponentCopy& component = copy->components.emplace_back();
    const std::string place = "component " + std::to_string(i + 1);
    if (Status s = copy_component(plugin.components[i], place, component); !s) return s;
    copy->component_pointers.push_back(&component.component);
  }
  plugin.components = copy->component_pointers.data();
  return std::shared_ptr<const sh_plugin>(copy, &copy->plugin);
}

}  // namespace streamhost
