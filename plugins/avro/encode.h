// avro.encode: JSON text to Avro binary.
#pragma once

#include <streamhost/sdk.hpp>

#include <memory>
#include <string>

#include "encoder.h"
#include "schema_registry.h"

namespace streamhost::avro {

class Encode {
 public:
  Encode(const Context& ctx, const Config& config);

  // Blocks when the first record comes, while it asks the registry for the id of the schema.
  void process(const Batch& in, Out& out);

 private:
  void ask_registry();

  Context ctx_;
  std::shared_ptr<const Schema> schema_;  // null: what the registry has, not yet asked for
  std::string text_;                      // of the schema
  std::unique_ptr<SchemaRegistry> registry_;
  std::string subject_;
  bool add_ = false;
  std::string frame_;  // in front of each value; empty until the id is known
  Encoder encoder_;
  Buffer binary_;
};

Component encode_component();

}  // namespace streamhost::avro
