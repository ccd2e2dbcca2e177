#include "plugin_parts.h"
SH_EXPORT const sh_plugin streamhost_plugin = {GOOD_PLUGIN, .abi_minor = 999};
