#include "encode.h"

#include "options.h"

namespace streamhost::avro {
namespace {

Form encoder_form(const Config& config) {
  Form form = form_of(config);
  form.ignore_unknown = config.find("unknown_fields") == "ignore";
  return form;
}

}  // namespace

Encode::Encode(const Context& ctx, const Config& config)
    : ctx_(ctx),
      subject_(config.str("subject")),
      add_(config.flag("auto_register")),
      encoder_(encoder_form(config)),
      binary_(static_cast<size_t>(config.integer("max_size"))) {
  const auto given = schema_of(config, "schema", "schema_file");
  const bool latest = config.flag("use_latest");
  if (given) {
    schema_ = given->schema;
    text_ = given->text;
  }
  if (auto settings = registry_of(config)) {
    if (subject_.empty()) {
      throw config_error(
          "framing = \"confluent\" needs the subject under which the registry has "
          "the schema, for example \"topic-value\"");
    }
    if (latest && (given || add_)) {
      throw config_error(
          "use_latest takes the schema from the registry; give no schema and no "
          "auto_register with it");
    }
    if (!latest && !given) throw config_error("give a schema, a schema_file, or use_latest = true");
    registry_ = std::make_unique<SchemaRegistry>(std::move(*settings));
    return;
  }
  if (!subject_.empty() || latest || add_) {
    throw config_error(
        "subject, use_latest and auto_register are only used with framing = "
        "\"confluent\"");
  }
  if (!given) throw config_error("give a schema or a schema_file");
}

void Encode::ask_registry() {
  int32_t id = 0;
  // What the registry does not know here is no matter of a record.
  try {
    if (schema_ == nullptr) {
      const RegisteredSchema found = registry_->latest(subject_);
      if (found.type != "AVRO") {
        throw config_error("the latest schema of \"" + subject_ + "\" is of type " + found.type +
                           ", not AVRO");
      }
      schema_ = Schema::parse(found.text, Defaults::kNeeded, found.references);
      id = found.id;
    } else if (add_) {
      id = registry_->add(subject_, text_);
    } else {
      id = registry_->look_up(subject_, text_);
    }
  } catch (const Error& e) {
    if (e.status() != SH_E_DATA) throw;
    throw config_error(
        "the schema of the subject \"" + subject_ + "\": " + e.what() +
        (add_ || schema_ == nullptr ? "" : "; register it, or set auto_register = true"));
  }
  frame_.assign(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) {
    frame_ += static_cast<char>(static_cast<uint32_t>(id) >> shift);
  }
}

void Encode::process(const Batch& in, Out& out) {
  each_record(ctx_, in, out, [&](const Record& record, uint32_t) {
    if (!record.has_value()) return out.forward(record);
    if (registry_ != nullptr && frame_.empty()) ask_registry();
    binary_.clear();
    binary_.append(frame_);
    if (!encoder_.encode(schema_->root(), record.value(), binary_)) {
      throw bad_data(encoder_.problem());
    }
    if (registry_ != nullptr && is_bare(schema_->root())) {
      size_t begin = frame_.size();
      while ((binary_.data()[begin++] & 0x80) != 0) {
      }
      out.emit(frame_ + std::string(binary_.view().substr(begin)));
      return;
    }
    out.emit(binary_.view());
  });
}

Component encode_component() {
  std::vector<Option> options = shared_options();
  options.push_back(option("schema", OptionType::string, "the schema to write with, as JSON"));
  options.push_back(
      option("schema_file", OptionType::string, "a file with it; instead of it").path());
  options.push_back(option("unknown_fields", OptionType::string,
                           "what becomes of fields that the schema does not have")
                        .otherwise("reject")
                        .choices({"reject", "ignore"}));
  options.push_back(
      option("subject", OptionType::string, "where the registry has the schema: \"topic-value\""));
  options.push_back(option("auto_register", OptionType::boolean,
                           "register the schema when the subject does not have it")
                        .otherwise("false"));
  options.push_back(option("use_latest", OptionType::boolean,
                           "write with the latest schema of the subject, as it is at the start")
                        .otherwise("false"));
  return op<Encode>("encode").summary("Makes Avro binary of JSON").options(std::move(options));
}

}  // namespace streamhost::avro
