#include "plugin_parts.h"

#include <string.h>

static sh_status init(const sh_host *host, sh_error *error) {
  (void)host;
  strcpy(error->message, "no licence server at port 4711");
  return SH_E_UNAVAILABLE;
}
SH_EXPORT const sh_plugin streamhost_plugin = {GOOD_PLUGIN, .init = init};
