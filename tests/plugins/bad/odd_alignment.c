#include "plugin_parts.h"
static const sh_keyed keyed = {
    .struct_size = sizeof(sh_keyed), .state_size = 8, .state_align = 24, .process = process};
static const sh_component component = {GOOD_COMPONENT("thing"), .op = 0, .keyed = &keyed};
PLUGIN_OF(component);
