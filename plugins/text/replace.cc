#include "replace.h"

#include "regex.h"

namespace streamhost::text {

Replace::Replace(const Context&, const Config& config)
    : pattern_(compile("pattern", config.str("pattern"), config.integer("max_memory"))),
      with_(config.str("with")),
      all_(config.flag("all")),
      groups_(static_cast<size_t>(re2::RE2::MaxSubmatch(with_)) + 1) {
  std::string problem;
  if (!pattern_->CheckRewriteString(with_, &problem)) {
    throw config_error("option \"with\": \"" + with_ + "\" does not fit the pattern: " + problem);
  }
}

// An empty match right behind the last one is none, as in RE2::GlobalReplace.
bool Replace::rewrite(std::string_view text) {
  size_t copied = 0;  // of `text`, in text_
  size_t from = 0;
  bool found = false;
  while (from <= text.size() &&
         pattern_->Match(piece(text), from, text.size(), re2::RE2::UNANCHORED, groups_.data(),
                         static_cast<int>(groups_.size()))) {
    const auto at = static_cast<size_t>(groups_[0].data() - text.data());
    const size_t length = groups_[0].size();
    if (found && length == 0 && at == copied) {
      from = at + 1;
      while (from < text.size() && (static_cast<uint8_t>(text[from]) & 0xc0) == 0x80) ++from;
      continue;
    }
    if (!found) text_.clear();
    found = true;
    text_ += text.substr(copied, at - copied);
    pattern_->Rewrite(&text_, with_, groups_.data(), static_cast<int>(groups_.size()));
    copied = from = at + length;
    if (!all_) break;
  }
  if (found) text_ += text.substr(copied);
  return found;
}

void Replace::process(const Batch& in, Out& out) {
  // Nothing is copied as long as nothing matches.
  bool copying = false;
  for (uint32_t i = 0; i < in.size(); ++i) {
    const sh_record& record = in.raw().records[i];
    if (record.value_len == SH_ABSENT || !rewrite(in[i].value())) {
      if (copying) out.push(record);
      continue;
    }
    if (!copying) {
      copying = true;
      for (uint32_t k = 0; k < i; ++k) out.push(in.raw().records[k]);
    }
    const std::string_view copy = out.copy(text_);
    sh_record result = record;
    result.value = to_bytes(copy).ptr;
    result.value_len = static_cast<uint32_t>(copy.size());
    out.push(result);
  }
  if (!copying) out.forward(in);
}

Component replace() {
  return op<Replace>("replace")
      .summary("Replaces what an expression matches in each value")
      .options({option("pattern", Type::string, "the RE2 expression").required(),
                option("with", Type::string, R"(the replacement; \1 is the first group, \0 all)")
                    .required(),
                option("all", Type::boolean, "replace every match, not just the first")
                    .otherwise("true"),
                option("max_memory", Type::size, "what the expression may use of memory")
                    .otherwise("8MiB")
                    .at_least(4096)});
}

}  // namespace streamhost::text
