#include "enrich.h"

#include "common/json_text.h"

namespace streamhost::core {

Enrich::Enrich(const Context& ctx, const Config& config) : ctx_(ctx) {
  const std::string path = config.str("path");
  lookup_ = Lookup::read(path, Lookup::format_of(config.str("format"), path), config.str("column"));
  if (config.find("missing") == "drop") missing_ = Missing::kDrop;
  if (config.find("missing") == "reject") missing_ = Missing::kReject;
  plugin_common::append_json_string(member_, config.str("as"));
  member_ += ':';
}

void Enrich::process(const Batch& in, Out& out) {
  for (const Record r : in) {
    const std::string* match = r.has_key() ? lookup_.find(r.key()) : nullptr;
    if (match != nullptr) {
      put_out(r.raw(), *match, out);
    } else if (missing_ == Missing::kPass) {
      put_out(r.raw(), "null", out);
    } else if (missing_ == Missing::kReject) {
      out.flush();
      ctx_.reject(r.raw(), r.has_key() ? "the key is not in the lookup file"
                                       : "the record has no key to look up");
    }
  }
}

void Enrich::put_out(const sh_record& record, std::string_view match, Out& out) {
  const Record r(record);
  scratch_.clear();
  const std::string_view value = plugin_common::json_trimmed(r.value());
  if (!value.empty() && value.front() == '{' && plugin_common::is_json(value)) {
    scratch_ += value.substr(0, value.size() - 1);
    if (plugin_common::json_trimmed(value.substr(1, value.size() - 2)).empty()) {
      scratch_ = "{";
    } else {
      scratch_ += ',';
    }
  } else {
    scratch_ = "{\"value\":";
    if (r.has_value()) {
      plugin_common::append_json_or_string(scratch_, r.value());
    } else {
      scratch_ += "null";
    }
    scratch_ += ',';
  }
  scratch_ += member_;
  scratch_ += match;
  scratch_ += '}';
  sh_record changed = record;
  changed.value = to_bytes(out.copy(scratch_)).ptr;
  changed.value_len = static_cast<uint32_t>(scratch_.size());
  out.push(changed);
}

}  // namespace streamhost::core
