// avro.decode: Avro binary to JSON text.
#pragma once

#include <streamhost/sdk.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "decoder.h"
#include "plan_cache.h"
#include "schema_registry.h"

namespace streamhost::avro {

class Decode {
 public:
  Decode(const Context& ctx, const Config& config);

  // Blocks while it asks the registry for a schema that is new to it.
  void process(const Batch& in, Out& out);

 private:
  // The plan for a value; takes the frame off its front.
  const Plan& plan_for(std::string_view& value);
  std::shared_ptr<const Plan> fetch(int32_t id);
  // Bytes as Avro has them, see is_bare().
  std::string_view with_length(std::string_view value);

  Context ctx_;
  Form form_;
  std::shared_ptr<const Schema> reader_;  // null: as it was written
  std::shared_ptr<const Plan> plan_;      // of plain framing
  std::unique_ptr<SchemaRegistry> registry_;
  std::unique_ptr<PlanCache> cache_;
  Decoder decoder_;
  Buffer json_;
  std::string bytes_;
};

Component decode_component();

}  // namespace streamhost::avro
