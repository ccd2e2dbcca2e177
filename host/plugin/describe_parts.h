// What the text and the JSON description of plugins have in common.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "plugin/catalog.h"

namespace streamhost {

// What `plugin show ID` is about.
struct Subject {
  const Plugin* plugin = nullptr;
  std::vector<Component> components;  // all of the plugin's, or those that were asked for
  bool whole_plugin = false;
};

// See show_text().
Result<Subject> find_subject(Catalog& catalog, const std::string& id);

// Version of the state that a keyed operator or aggregate saves; 0 for components without state.
uint32_t state_version(const Component& component);

}  // namespace streamhost
