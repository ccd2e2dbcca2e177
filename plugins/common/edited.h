// For operators that change descriptors and nothing else: each record becomes one record.
#pragma once

#include <streamhost/sdk.hpp>

namespace plugin_common {

// Puts out a copy of each record of the batch, changed by `edit(record)`. Where `edit` says false
// the record is rejected with `why` instead.
template <class Edit>
void put_out_edited(const streamhost::Context& ctx, const streamhost::Batch& in,
                    const streamhost::Out& out, std::string_view why, Edit edit) {
  const sh_host* host = ctx.host();
  const sh_record* from = in.raw().records;
  uint32_t left = in.size();
  while (left != 0) {
    sh_span span{};
    streamhost::detail::check(host->out_reserve(out.raw(), 0, left, 0, &span));
    uint32_t n = 0;
    for (; n < left; ++n) {
      sh_record record = from[n];
      if (!edit(record)) [[unlikely]]
        break;
      span.records[n] = record;
    }
    streamhost::detail::check(host->out_commit(out.raw(), 0, n, 0));
    from += n;
    left -= n;
    if (left == 0) break;
    ctx.reject(*from, why);  // nothing is reserved here: rejecting may run other steps
    ++from;
    --left;
  }
}

}  // namespace plugin_common
