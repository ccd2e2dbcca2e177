// The C++ layer over the plugin ABI: header-only, C++20, nothing but the standard library.
//
//   #include <streamhost/sdk.hpp>
//   namespace sh = streamhost;
//   SH_PLUGIN("acme", "1.0.0", "Apache-2.0",
//             sh::filter("even", [](const sh::Record& r) { return r.value_as<int64_t>() % 2 == 0;
//             }))
//
// The inline namespace v1 keeps plugins and hosts of several versions apart in one process; write
// streamhost::Record and never mention it.
//
// Read sdk/lambda.hpp for components made of a lambda; sdk/operator.hpp, keyed.hpp, source.hpp,
// sink.hpp and aggregate.hpp for classes; sdk/out.hpp for putting records out;
// sdk/use_aggregate.hpp and aggregate_set.hpp for steps that use the aggregates of other plugins;
// sdk/fixed_pool.hpp for memory that goes back when keys do.
#pragma once

#include <streamhost/sdk/aggregate.hpp>
#include <streamhost/sdk/aggregate_set.hpp>
#include <streamhost/sdk/fixed_pool.hpp>
#include <streamhost/sdk/lambda.hpp>
#include <streamhost/sdk/sink.hpp>
#include <streamhost/sdk/use_aggregate.hpp>

namespace streamhost::inline v1::detail {

// Lives as long as the process: plugins are never unloaded.
struct ComponentSet {
  std::vector<Component> components;
  std::vector<const sh_component*> pointers;
};

inline sh_plugin make_plugin(const char* name, const char* version, const char* license,
                             std::vector<Component> components) {
  // Held by a static, so that leak checkers know that it is meant to stay.
  static ComponentSet* set = nullptr;
  set = new ComponentSet{std::move(components), {}};
  for (Component& c : set->components) set->pointers.push_back(c.finish());
  sh_plugin plugin{};
  plugin.magic = SH_MAGIC;
  plugin.struct_size = sizeof(sh_plugin);
  plugin.abi_major = SH_ABI_MAJOR;
  plugin.abi_minor = SH_ABI_MINOR;
  plugin.name = name;
  plugin.version = version;
  plugin.license = license;
  plugin.components = set->pointers.data();
  plugin.component_count = static_cast<uint32_t>(set->pointers.size());
  return plugin;
}

template <class... C>
std::vector<Component> components(C&&... c) {
  std::vector<Component> all;
  all.reserve(sizeof...(c));
  (all.push_back(std::move(c)), ...);
  return all;
}

}  // namespace streamhost::inline v1::detail

// Defines the one symbol a plugin exports. Once per shared object, at file scope.
#define SH_PLUGIN(name, version, license, ...)                                      \
  extern "C" SH_EXPORT const sh_plugin streamhost_plugin;                           \
  extern "C" const sh_plugin streamhost_plugin = ::streamhost::detail::make_plugin( \
      name, version, license, ::streamhost::detail::components(__VA_ARGS__));
