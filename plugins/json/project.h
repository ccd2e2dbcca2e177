// json.project: makes a new object of fields of each value.
#pragma once

#include <streamhost/sdk.hpp>

#include <string>
#include <vector>

#include "field_reader.h"

namespace streamhost::json {

class Project {
 public:
  Project(const Context& ctx, const Config& config);
  void process(const Batch& in, Out& out);

 private:
  void put(const sh_record& record, const Field* fields, Out& out) const;

  Context ctx_;
  std::vector<std::string> names_;  // as JSON, with the colon
  bool null_for_missing_;
  FieldReader reader_;
};

Component project();

}  // namespace streamhost::json
