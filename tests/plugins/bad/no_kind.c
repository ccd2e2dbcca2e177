#include "plugin_parts.h"
static const sh_component component = {GOOD_COMPONENT("thing"), .op = 0};
PLUGIN_OF(component);
