#include "match_writer.h"

#include "common/json_text.h"

namespace streamhost::core {

MatchWriter::MatchWriter(const Context& ctx, const Config& config)
    : ctx_(ctx),
      missing_(config.find("missing") == "drop"     ? Missing::kDrop
               : config.find("missing") == "reject" ? Missing::kReject
                                                    : Missing::kPass) {
  plugin_common::append_json_string(member_, config.str("as"));
  member_ += ':';
}

void MatchWriter::missing(const sh_record& record, std::string_view why, Out& out) {
  if (missing_ == Missing::kPass) {
    found(record, "null", out);
  } else if (missing_ == Missing::kReject) {
    out.flush();
    ctx_.reject(record, why);
  }
}

void MatchWriter::found(const sh_record& record, std::string_view match, Out& out) {
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

std::vector<Option> MatchWriter::options(const char* missing_help) {
  return {
      option("as", Type::string, "the name of the member that is added").otherwise("match"),
      option("missing", Type::string, missing_help)
          .otherwise("pass")
          .choices({"pass", "drop", "reject"}),
  };
}

}  // namespace streamhost::core
