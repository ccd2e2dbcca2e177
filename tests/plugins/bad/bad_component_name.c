#include "plugin_parts.h"
static const sh_component component = {GOOD_COMPONENT("Count-Words")};
PLUGIN_OF(component);
