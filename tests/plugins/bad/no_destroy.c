#include "plugin_parts.h"
static const sh_lifecycle half = {sizeof(sh_lifecycle), 0, create, 0};
static const sh_component component = {GOOD_COMPONENT("thing"), .lifecycle = &half};
PLUGIN_OF(component);
