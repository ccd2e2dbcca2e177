// A plugin made of lambdas.
#include <streamhost/sdk.hpp>

namespace sh = streamhost;

SH_PLUGIN("lambdas", "1.0.0", "Apache-2.0",
          sh::filter("even", [](const sh::Record& r) { return r.value_as<int64_t>() % 2 == 0; }),
          sh::key_on("by_last_digit",
                     [](const sh::Record& r) { return r.value().substr(r.value().size() - 1); }),
          sh::stateful<int64_t>("running_total",
                                [](int64_t& total, const sh::Record& r, sh::Out& out) {
                                  total += r.value_as<int64_t>();
                                  out.emit(r.key(), total);
                                }))
