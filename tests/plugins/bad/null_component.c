#include "plugin_parts.h"
static const sh_component *const components[] = {&good, 0};
SH_EXPORT const sh_plugin streamhost_plugin = {GOOD_PLUGIN, COMPONENTS(components)};
