/* The array of components points nowhere: reading it is a crash. */
#include "plugin_parts.h"
SH_EXPORT const sh_plugin streamhost_plugin = {
    GOOD_PLUGIN, .components = (const sh_component *const *)16, .component_count = 1};
