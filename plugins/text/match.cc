#include "match.h"

#include "common/json_string.h"
#include "regex.h"

namespace streamhost::text {

Match::Match(const Context&, const Config& config)
    : pattern_(compile("pattern", config.str("pattern"), config.integer("max_memory"))),
      invert_(config.flag("invert")),
      anchor_(config.flag("full") ? re2::RE2::ANCHOR_BOTH : re2::RE2::UNANCHORED),
      groups_(static_cast<size_t>(pattern_->NumberOfCapturingGroups()) + 1) {
  for (const auto& [group, name] : pattern_->CapturingGroupNames()) {
    std::string prefix = named_.empty() ? "{" : ",";
    plugin_common::append_json_string(prefix, name);
    named_.push_back({group, prefix + ":"});
  }
}

bool Match::matches(std::string_view text, int groups) {
  return pattern_->Match(piece(text), 0, text.size(), anchor_, groups_.data(), groups);
}

void Match::process(const Batch& in, Out& out) {
  if (invert_ || groups_.size() == 1) return pass_whole(in, out);
  const int groups = named_.empty() ? 2 : static_cast<int>(groups_.size());
  for (const Record r : in) {
    if (!r.has_value() || !matches(r.value(), groups)) continue;
    if (named_.empty()) {
      put_first_group(r.raw(), out);
    } else {
      put_object(r.raw(), out);
    }
  }
}

void Match::pass_whole(const Batch& in, Out& out) {
  passed_.clear();
  for (uint32_t i = 0; i < in.size(); ++i) {
    const Record r = in[i];
    if ((r.has_value() && matches(r.value(), 0)) != invert_) passed_.push_back(i);
  }
  if (passed_.size() == in.size()) return out.forward(in);
  for (const uint32_t i : passed_) out.push(in.raw().records[i]);
}

void Match::put_first_group(const sh_record& record, Out& out) {
  sh_record result = record;
  const std::string_view group = view(groups_[1]);
  result.value = to_bytes(group).ptr;
  result.value_len = group.data() == nullptr ? 0 : static_cast<uint32_t>(group.size());
  out.push(result);
}

void Match::put_object(const sh_record& record, Out& out) {
  text_.clear();
  for (const Named& n : named_) {
    text_ += n.prefix;
    const re2::StringPiece& group = groups_[static_cast<size_t>(n.group)];
    if (group.data() == nullptr) {
      text_ += "null";
    } else {
      plugin_common::append_json_string(text_, view(group));
    }
  }
  text_ += '}';
  const std::string_view copy = out.copy(text_);
  sh_record result = record;
  result.value = to_bytes(copy).ptr;
  result.value_len = static_cast<uint32_t>(copy.size());
  out.push(result);
}

Component match() {
  return op<Match>("match")
      .summary("Passes values that match an expression; its groups become the value")
      .options({option("pattern", Type::string, "the RE2 expression").required(),
                option("full", Type::boolean, "the whole value must match, not a part of it")
                    .otherwise("false"),
                option("invert", Type::boolean, "pass what does not match, unchanged")
                    .otherwise("false"),
                option("max_memory", Type::size, "what the expression may use of memory")
                    .otherwise("8MiB")
                    .at_least(4096)});
}

}  // namespace streamhost::text
