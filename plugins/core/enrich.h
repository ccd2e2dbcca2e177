// enrich: joins each record with what a lookup file says about its key.
#pragma once

#include <streamhost/sdk.hpp>

#include "lookup.h"
#include "match_writer.h"

namespace streamhost::core {

class Enrich {
 public:
  // Reads the file. Throws Error when it cannot be used.
  Enrich(const Context& ctx, const Config& config);

  void process(const Batch& in, Out& out);

 private:
  Lookup lookup_;
  MatchWriter writer_;
};

Component enrich_component();

}  // namespace streamhost::core
