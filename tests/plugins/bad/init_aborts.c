#include "plugin_parts.h"

#include <stdlib.h>

static sh_status init(const sh_host *host, sh_error *error) {
  (void)host, (void)error;
  abort();
}
SH_EXPORT const sh_plugin streamhost_plugin = {GOOD_PLUGIN, .init = init};
