#include "folds.h"

namespace streamhost::core {

bool read_other_number(const Context& ctx, const sh_record& record, Number* number) {
  const Record r(record);
  if (plugin_common::parse_number(r.value(), number)) return true;
  ctx.reject(record, r.has_value() ? "the value is not a number"
                                   : "the record has no value, where a number is needed");
  return false;
}

}  // namespace streamhost::core
