#include "plugin_parts.h"
SH_EXPORT const sh_plugin streamhost_plugin = {GOOD_PLUGIN, .struct_size = 16};
