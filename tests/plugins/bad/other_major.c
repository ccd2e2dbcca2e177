#include "plugin_parts.h"
SH_EXPORT const sh_plugin streamhost_plugin = {GOOD_PLUGIN, .abi_major = 7, .abi_minor = 3};
