/* Everything that can be wrong with options, in one plugin. */
#include "plugin_parts.h"
#define OPTION(option_name, option_type) \
  .struct_size = sizeof(sh_option), .name = option_name, .type = option_type
static const char *const colours[] = {"red", "green"};
static const sh_option one = {OPTION("count", SH_TYPE_INT), .default_text = "ten"};
static const sh_option two = {OPTION("count", SH_TYPE_INT)};
static const sh_option three = {OPTION("from", SH_TYPE_STRING)};
static const sh_option four = {OPTION("Size", SH_TYPE_SIZE)};
static const sh_option five = {OPTION("kind", 77)};
static const sh_option six = {OPTION("colour", SH_TYPE_STRING), .choices = colours,
                              .choice_count = 2, .default_text = "blue"};
static const sh_option seven = {OPTION("window", SH_TYPE_TABLE)};
static const sh_option *const fields[] = {&one};
static const sh_option eight = {OPTION("clock", SH_TYPE_TABLE), .fields = fields,
                                .field_count = 1};
static const sh_option nine = {OPTION("many", SH_TYPE_LIST), .flags = SH_OPTION_NAMED};
static const sh_option *const options[] = {&one,  &two, &three, &four, &five,
                                           &six, &seven, &eight, &nine};
static const sh_component component = {GOOD_COMPONENT("thing"), .options = options,
                                       .option_count = 9};
PLUGIN_OF(component);
