// Option values of one step, checked against what its component declares. This is what a plugin
// sees behind the opaque sh_config.
#pragma once

#include <streamhost/abi.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/diagnostics.h"
#include "base/value.h"
#include "plugin/catalog.h"

namespace streamhost {

struct UsedComponent;

struct OptionValue {
  bool given = false;  // by the manifest or by a default
  std::string text;    // a scalar's canonical text, see sh_host.config_get
  std::vector<std::pair<std::string, std::string>> items;  // a list's (names empty) or a map's
  std::shared_ptr<const sh_config> table;                  // a table's fields
  std::vector<std::shared_ptr<const UsedComponent>> components;
};

}  // namespace streamhost

// Immutable once made; shared by the instances of a step on all workers. Also the fields of a
// table, and the options of a component that an option names.
struct sh_config {
  std::map<std::string, streamhost::OptionValue, std::less<>> values;  // every declared option
  std::vector<std::string> inputs;  // names from a `from` table; one empty name otherwise
};

namespace streamhost {

// A component that an option names. Stays where it is: `raw` points into it.
struct UsedComponent {
  UsedComponent(std::string name, Component component, sh_config options);
  UsedComponent(const UsedComponent&) = delete;
  UsedComponent& operator=(const UsedComponent&) = delete;

  const std::string name;  // in a table of names; empty when the option names one component
  const Component component;
  const sh_config options;
  const sh_use raw;  // what the plugin sees
};

// Checks `given` (the keys of a step's table that are not the host's own, in file order) against
// the component's options: unknown names (with did_you_mean), missing required ones, wrong types,
// values out of range or choices, and the same for the fields of tables and for the options of
// components that options name. Fills in defaults and turns values into canonical text. Relative
// values of path options are taken from `base_dir`, components from `lookup`. All mistakes go to
// `diagnostics`; the result is usable when none was added. `step_where`: where the step's table
// begins, for what is missing.
sh_config check_options(const sh_component& component, const std::string& component_id,
                        const std::vector<std::pair<std::string, Value>>& given,
                        const std::string& base_dir, const Location& step_where,
                        const ComponentLookup& lookup, Diagnostics& diagnostics);

}  // namespace streamhost
