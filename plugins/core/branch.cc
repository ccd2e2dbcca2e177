#include "branch.h"

#include "common/json_number.h"
#include "common/json_text.h"

namespace streamhost::core {
namespace {

using json::Field;
using json::Kind;

// A field as the condition wants it; `scratch` holds the text of a string with escapes. Throws
// bad_data.
Subject subject_of(const Field& field, std::string& scratch) {
  if (field.kind != Kind::kString || field.text.find('\\') == std::string_view::npos) {
    return {field.kind, field.text};
  }
  scratch.resize(field.text.size());
  const auto size = json::unescape(field.text, scratch.data());
  if (!size) {
    throw bad_data("the string " + std::string(field.raw().substr(0, 80)) +
                   " has an escape that JSON does not know");
  }
  return {Kind::kString, std::string_view(scratch.data(), *size)};
}

// A whole value: what it is as JSON, and a string when it is none.
Subject whole(std::string_view value, std::string& scratch) {
  const std::string_view text = plugin_common::json_trimmed(value);
  if (plugin_common::is_json_number(text)) return {Kind::kNumber, text};
  if (text == "null") return {Kind::kNull, text};
  if (text == "true" || text == "false") return {Kind::kBool, text};
  const char first = text.empty() ? '\0' : text.front();
  if ((first == '"' || first == '{' || first == '[') && plugin_common::is_json(text)) {
    if (first != '"') return {first == '{' ? Kind::kObject : Kind::kArray, text};
    return subject_of({Kind::kString, text.substr(1, text.size() - 2)}, scratch);
  }
  return {Kind::kString, value};
}

}  // namespace

Branch::Branch(const Context& ctx, const Config& config) : ctx_(ctx), condition_(config) {
  const std::string of = config.str("of");
  if (!of.empty()) reader_ = std::make_unique<json::FieldReader>(std::vector<std::string>{of});
}

void Branch::process(const Batch& in, Out& out) {
  ways_.assign(in.size(), kNeither);
  if (reader_ != nullptr) {
    ask_fields(in);
  } else {
    ask_values(in);
  }
  put_out(in, kTrue, out);
  put_out(in, kFalse, out);
}

template <class SubjectOf>
void Branch::ask(const Batch& in, uint32_t i, SubjectOf&& subject) {
  try {
    ways_[i] = condition_.holds(subject()) ? kTrue : kFalse;
  } catch (const Error& e) {
    if (e.status() != SH_E_DATA) throw;
    ctx_.reject(in.raw().records[i], e.what());
  }
}

void Branch::ask_fields(const Batch& in) {
  reader_->read(
      in,
      [&](uint32_t i, const Field* fields) {
        ask(in, i, [&] { return subject_of(fields[0], scratch_); });
      },
      [&](uint32_t i, std::string_view problem) {
        const sh_record& record = in.raw().records[i];
        if (Record(record).has_value()) {
          ctx_.reject(record, "the value " + std::string(problem));
        } else {
          ways_[i] = condition_.holds({}) ? kTrue : kFalse;
        }
      });
}

void Branch::ask_values(const Batch& in) {
  for (uint32_t i = 0; i < in.size(); ++i) {
    const Record r = in[i];
    ask(in, i, [&] { return r.has_value() ? whole(r.value(), scratch_) : Subject{}; });
  }
}

void Branch::put_out(const Batch& in, Way way, Out& out) {
  out.port(way);
  if (std::count(ways_.begin(), ways_.end(), way) == static_cast<ptrdiff_t>(in.size())) {
    return out.forward(in);
  }
  for (uint32_t i = 0; i < in.size(); ++i) {
    if (ways_[i] == way) out.push(in.raw().records[i]);
  }
}

Component branch_component() {
  std::vector<Option> options = Condition::options();
  options.insert(options.begin(),
                 option("of", Type::string,
                        "JSON Pointer to the field, as \"/type\"; without it the whole value is "
                        "asked about"));
  return op<Branch>("branch")
      .summary("Sends each record one of two ways, by a condition on a field")
      .options(std::move(options))
      .outputs({{"true", "records that fulfil the condition"}, {"false", "all others"}});
}

}  // namespace streamhost::core
