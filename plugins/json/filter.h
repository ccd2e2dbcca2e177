// json.filter: passes the records of which one field compares as asked.
#pragma once

#include <streamhost/sdk.hpp>

#include <vector>

#include "comparison.h"
#include "field_reader.h"

namespace streamhost::json {

class Filter {
 public:
  Filter(const Context& ctx, const Config& config);
  void process(const Batch& in, Out& out);

 private:
  Context ctx_;
  FieldReader reader_;
  Comparison comparison_;
  std::vector<uint32_t> passed_;  // kept for its memory
};

Component filter_component();

}  // namespace streamhost::json
