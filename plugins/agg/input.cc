#include "input.h"

#include "canonical.h"
#include "common/json_number.h"
#include "common/json_text.h"
#include "json/scalar.h"

namespace streamhost::agg {
namespace {

std::string shown(std::string_view text) {
  constexpr size_t kMost = 80;
  if (text.size() <= kMost) return std::string(text);
  return std::string(text.substr(0, kMost)) + "…";
}

}  // namespace

void Value::refuse(const char* what) const {
  throw BadRecord(record_, pointer_ == nullptr || pointer_->empty()
                               ? std::string("the value is not ") + what
                               : shown(text_) + " at \"" + *pointer_ + "\" is not " + what);
}

// The reader looks neither into what it takes whole nor at escapes.
void Value::check() const {
  switch (kind_) {
    case json::Kind::kString:
      if (text_.find('\\') == std::string_view::npos) return;
      [[fallthrough]];
    case json::Kind::kObject:
    case json::Kind::kArray:
      if (!plugin_common::is_json(text_)) refuse("valid JSON");
      return;
    default: return;
  }
}

void Value::append_json(std::string& to) const {
  if (pointer_ != nullptr) {
    check();
    to += text_;
  } else if (plugin_common::is_json_number(text_)) {
    to += text_;
  } else {
    plugin_common::append_json_or_string(to, text_);
  }
}

void Value::append_canonical(std::string& to) const {
  if (pointer_ != nullptr) {
    check();
    agg::append_canonical(to, text_);
  } else if (plugin_common::is_json_number(text_)) {
    agg::append_canonical(to, text_);
  } else if (plugin_common::is_json(text_)) {
    agg::append_canonical(to, plugin_common::json_trimmed(text_));
  } else {
    plugin_common::append_json_string(to, text_);
  }
}

Input::Input(const Config& config, const char* second)
    : of_(config.str("of")),
      second_(second != nullptr ? config.str(second) : ""),
      has_second_(second != nullptr && config.has(second)),
      missing_(config.find("missing") == "skip"   ? Missing::kSkip
               : config.find("missing") == "null" ? Missing::kNull
                                                  : Missing::kError) {
  if (of_.empty() && !has_second_) return;
  std::vector<std::string> pointers;
  if (has_second_) pointers.push_back(second_);
  if (!of_.empty()) pointers.push_back(of_);
  reader_ = std::make_unique<json::FieldReader>(pointers);
}

bool Input::is_null(const sh_record& record) {
  if (record.value_len == SH_ABSENT) return true;
  const std::string_view text = Record(record).value();
  if (text.size() < 4 || (text[0] != 'n' && static_cast<uint8_t>(text[0]) > ' ')) return false;
  return plugin_common::json_trimmed(text) == "null";
}

json::Field Input::whole_document(const sh_record& record) {
  return {json::Kind::kObject, plugin_common::json_trimmed(Record(record).value())};
}

bool Input::keep_null(uint32_t i, const std::string& pointer) const {
  if (missing_ == Missing::kNull) return true;
  if (missing_ == Missing::kSkip) return false;
  throw BadRecord(i, pointer.empty() ? std::string("the record has no value, or null")
                                     : "the value has nothing, or null, at \"" + pointer + "\"");
}

bool Input::other_number(uint32_t i, const sh_record& record, Number* number) const {
  if (is_null(record)) {
    keep_null(i, of_);
    return false;
  }
  const std::string_view text = Record(record).value();
  if (plugin_common::parse_number(text, number)) return true;
  throw BadRecord(i, "the value is not a number, or one beyond the range of a double");
}

bool Input::number_of(uint32_t i, const json::Field& field, const std::string& pointer,
                      Number* number) const {
  if (field.absent()) {
    keep_null(i, pointer);
    return false;
  }
  if (field.kind == json::Kind::kNumber && plugin_common::parse_number(field.text, number)) {
    return true;
  }
  throw BadRecord(
      i, field.kind == json::Kind::kNumber
             ? shown(field.text) + " at \"" + pointer + "\" is beyond the range of a double"
             : shown(field.raw()) + " at \"" + pointer + "\" is not a number");
}

}  // namespace streamhost::agg
