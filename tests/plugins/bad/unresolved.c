/* Needs a function that nobody has. */
#include "plugin_parts.h"
extern int nobody_has_this(void);
static sh_status init(const sh_host *host, sh_error *error) {
  (void)host, (void)error;
  return nobody_has_this();
}
SH_EXPORT const sh_plugin streamhost_plugin = {GOOD_PLUGIN, .init = init};
