/* Crashes before the host has seen a single field of it. */
#include "plugin_parts.h"
__attribute__((constructor)) static void run_by_the_dynamic_linker(void) {
  *(volatile int *)8 = 1;
}
SH_EXPORT const sh_plugin streamhost_plugin = {GOOD_PLUGIN};
