/* An option that is a table, and a field of it as well. */
#include "plugin_parts.h"
static const sh_option table;
static const sh_option *const options[] = {&table};
static const sh_option table = {.struct_size = sizeof(sh_option), .name = "table",
                                .type = SH_TYPE_TABLE, .fields = options, .field_count = 1};
static const sh_component component = {GOOD_COMPONENT("thing"), .options = options,
                                       .option_count = 1};
PLUGIN_OF(component);
