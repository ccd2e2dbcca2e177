#include "plugin_parts.h"
static sh_status init(const sh_host *host, sh_error *error) {
  (void)host, (void)error;
  return SH_E_INTERNAL;
}
SH_EXPORT const sh_plugin streamhost_plugin = {GOOD_PLUGIN, .init = init};
