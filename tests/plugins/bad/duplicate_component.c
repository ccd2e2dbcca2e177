#include "plugin_parts.h"
static const sh_component again = {GOOD_COMPONENT("good")};
static const sh_component *const components[] = {&good, &again};
SH_EXPORT const sh_plugin streamhost_plugin = {GOOD_PLUGIN, COMPONENTS(components)};
