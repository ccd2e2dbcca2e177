/* As if the struct were copied without thinking of its size. */
#include "plugin_parts.h"
static const sh_operator short_one = {8, 0, 0, 0};
static const sh_component component = {GOOD_COMPONENT("thing"), .op = &short_one};
PLUGIN_OF(component);
