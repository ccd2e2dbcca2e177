#include "decode.h"

#include "options.h"

namespace streamhost::avro {

Decode::Decode(const Context& ctx, const Config& config)
    : ctx_(ctx),
      form_(form_of(config)),
      decoder_(form_),
      json_(static_cast<size_t>(config.integer("max_size"))) {
  const auto reader = schema_of(config, "schema", "schema_file");
  const auto writer = schema_of(config, "writer_schema", "writer_schema_file");
  if (reader) reader_ = reader->schema;
  if (auto settings = registry_of(config)) {
    if (writer) {
      throw config_error(
          "with framing = \"confluent\" what values were written with is in the "
          "registry; give no writer_schema");
    }
    registry_ = std::make_unique<SchemaRegistry>(std::move(*settings));
    const auto table = config.table("registry");
    cache_ = std::make_unique<PlanCache>(static_cast<size_t>(table->integer("cache")),
                                         table->integer("failures_for"));
    return;
  }
  if (!reader) throw config_error("give a schema or a schema_file");
  try {
    plan_ = std::make_shared<Plan>(writer ? writer->schema : reader_, reader_, form_);
  } catch (const Error& e) {
    throw config_error(e.what());
  }
}

std::shared_ptr<const Plan> Decode::fetch(int32_t id) {
  const RegisteredSchema found = registry_->by_id(id);
  if (found.type != "AVRO") {
    throw bad_data("the schema " + std::to_string(id) + " is of type " + found.type + ", not AVRO");
  }
  try {
    const auto writer = Schema::parse(found.text, Defaults::kIgnored, found.references);
    return std::make_shared<Plan>(writer, reader_ != nullptr ? reader_ : writer, form_);
  } catch (const Error& e) {
    throw Error(e.status(), "the schema " + std::to_string(id) + " of the registry: " + e.what());
  }
}

const Plan& Decode::plan_for(std::string_view& value) {
  if (cache_ == nullptr) return *plan_;
  if (value.empty() || value[0] != '\0' || value.size() < kFrameSize) {
    throw bad_data(
        "the value does not begin with a zero and a schema's id, as framing = "
        "\"confluent\" has it");
  }
  uint32_t id = 0;
  for (size_t i = 1; i < kFrameSize; ++i) id = id << 8 | static_cast<uint8_t>(value[i]);
  value.remove_prefix(kFrameSize);
  return cache_->get(static_cast<int32_t>(id), ctx_.now_us(),
                     [this](int32_t wanted) { return fetch(wanted); });
}

std::string_view Decode::with_length(std::string_view value) {
  bytes_.clear();
  for (uint64_t n = uint64_t{value.size()} << 1;; n >>= 7) {
    bytes_ += static_cast<char>(n < 128 ? n : n | 128);
    if (n < 128) break;
  }
  return bytes_ += value;
}

void Decode::process(const Batch& in, Out& out) {
  each_record(ctx_, in, out, [&](const Record& record, uint32_t) {
    if (!record.has_value()) return out.forward(record);
    std::string_view value = record.value();
    const Plan& plan = plan_for(value);
    if (cache_ != nullptr && is_bare(*plan.root().writer)) value = with_length(value);
    json_.clear();
    if (!decoder_.decode(plan.root(), value, json_, cache_ == nullptr ? 0 : kFrameSize)) {
      throw bad_data("the value is not Avro of its schema: " + decoder_.problem());
    }
    out.emit(json_.view());
  });
}

Component decode_component() {
  std::vector<Option> options = shared_options();
  options.push_back(option("schema", OptionType::string,
                           "the schema that records come out with, as JSON; with a registry, by "
                           "default that of each value"));
  options.push_back(
      option("schema_file", OptionType::string, "a file with it; instead of it").path());
  options.push_back(option("writer_schema", OptionType::string,
                           "what values were written with, when that is another schema"));
  options.push_back(
      option("writer_schema_file", OptionType::string, "a file with it; instead of it").path());
  return op<Decode>("decode").summary("Makes JSON of Avro binary").options(std::move(options));
}

}  // namespace streamhost::avro
