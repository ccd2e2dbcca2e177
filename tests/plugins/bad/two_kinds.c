#include "plugin_parts.h"
static const sh_source source = {sizeof(sh_source), 0, partitions, open_part, 0, 0, 0, close_part, 0};
static const sh_component component = {GOOD_COMPONENT("thing"), .source = &source};
PLUGIN_OF(component);
