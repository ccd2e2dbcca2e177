// The plugins of tests/plugins/bad, and what the host says of each.
#pragma once

#include <ostream>
#include <vector>

namespace streamhost::testing {

struct BadPlugin {
  const char* name;     // of the file, without ".so"
  const char* message;  // a part of what is said
  bool takes_process_down = false;
};
// What test reports call it.
inline void PrintTo(const BadPlugin& plugin, std::ostream* out) { *out << plugin.name; }

inline const std::vector<BadPlugin>& bad_plugins() {
  static const std::vector<BadPlugin> all = {
      {"plain_text", "not a streamhost plugin: the file is not a shared object (ELF)"},
      {"no_symbol", "not a streamhost plugin: it has no symbol \"streamhost_plugin\""},
      {"function_symbol",
       "not a streamhost plugin: its symbol \"streamhost_plugin\" is not a sh_plugin"},
      {"unresolved", "cannot be loaded: undefined symbol: nobody_has_this"},
      {"wrong_magic", "not a streamhost plugin: its sh_plugin does not begin with SH_MAGIC"},
      {"other_major", "it was built for version 7.3 of the plugin ABI, this host has 1."},
      {"newer_minor", "it was built for version 1.999 of the plugin ABI, this host has 1."},
      {"small_struct", "its sh_plugin has struct_size 16"},
      {"large_struct", "its sh_plugin says that it has 4096 bytes, but it has"},
      {"other_name", "its name is \"somebody\", so the file must be called somebody.so"},
      {"bad_name", "\"Bad-Name\" is not a name"},
      {"no_components", "it has no components"},
      {"null_component", "component 2: the pointer is null"},
      {"wild_components", "signal 11 (segmentation fault) in loading of plugin", true},
      {"init_fails", "init failed: no licence server at port 4711"},
      {"init_fails_silently", "init failed: status -1, without a word"},
      {"init_aborts", "signal 6 (abort) in init of plugin \"init_aborts\"", true},
      {"init_segfaults", "signal 11 (segmentation fault) in init of plugin \"init_segfaults\"",
       true},
      {"init_exits", "exit was called in init of plugin \"init_exits\"", true},
      {"init_throws", "init threw an exception, which must not leave a plugin: nobody catches me"},
      {"constructor_segfaults",
       "signal 11 (segmentation fault) in loading of plugin \"constructor_segfaults\"", true},
      {"bad_component_name", "component \"Count-Words\": \"Count-Words\" is not a name"},
      {"duplicate_component", "two components are called \"good\""},
      {"no_kind",
       "component \"thing\": it has none of source, op, keyed, sink and aggregate, and must have "
       "exactly one"},
      {"two_kinds", "component \"thing\": it has more than one of source, op, keyed"},
      {"no_lifecycle", "component \"thing\": it has no lifecycle (create, destroy)"},
      {"no_destroy", "component \"thing\": its lifecycle lacks the function \"destroy\""},
      {"no_poll", "component \"thing\": its source lacks the function \"poll\""},
      {"no_merge",
       "component \"thing\": it says SH_KEYED_COMBINES but lacks the function \"merge\""},
      {"odd_alignment",
       "component \"thing\": state_align is 24, and must be a power of two up to 64"},
      {"short_table", "component \"thing\", its sh_operator has struct_size 8 where there must be"},
      {"bad_options", "option \"count\": its default must be an integer, not a string"},
      {"bad_options", "two options are called \"count\""},
      {"bad_options", "option \"from\": the word is the host's own"},
      {"bad_options", "option \"Size\" is not a name"},
      {"bad_options", "option \"kind\": its type 77 is unknown"},
      {"bad_options", "option \"colour\": its default must be one of \"red\", \"green\""},
      {"bad_options", "option \"window\": it is a table without fields"},
      {"bad_options", "option \"clock.count\": its default must be an integer, not a string"},
      {"bad_options", "option \"many\": SH_OPTION_NAMED is for options of type component"},
      {"table_in_itself",
       "component \"thing\", option 1, field 1, field 1, field 1, field 1: tables are nested more "
       "than 4 deep"},
  };
  return all;
}

}  // namespace streamhost::testing
