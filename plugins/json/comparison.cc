#include "comparison.h"

#include <streamhost/sdk.hpp>

#include <iterator>

namespace streamhost::json {
namespace {

constexpr std::string_view kNames[] = {"==", "!=",       "<",           "<=",        ">",
                                       ">=", "contains", "starts_with", "ends_with", "exists"};

}  // namespace

Comparison::Comparison(std::string_view op, const std::string* value) : op_(Op::kEqual) {
  const auto known = std::find(std::begin(kNames), std::end(kNames), op);
  if (known == std::end(kNames)) throw config_error("option \"op\": unknown comparison");
  op_ = static_cast<Op>(known - std::begin(kNames));
  const std::string quoted = "\"" + std::string(op) + "\"";
  if (op_ == Op::kExists) {
    if (value != nullptr) {
      throw config_error("op = \"exists\" takes no value: leave out option \"value\"");
    }
    return;
  }
  if (value == nullptr) {
    throw config_error("option \"value\" is missing: op = " + quoted + " compares with it");
  }
  if (value->size() >= 2 && value->front() == '"') {
    kind_ = Kind::kString;
    text_.resize(value->size());
    const auto size = unescape(std::string_view(*value).substr(1, value->size() - 2), text_.data());
    text_.resize(size.value_or(0));
  } else {
    kind_ = scalar_kind(*value);
    text_ = *value;
    if (kind_ == Kind::kNumber) {
      number_ = parse_number(text_);
    } else if (kind_ != Kind::kBool) {
      throw config_error("option \"value\": " + *value + " can be compared with nothing");
    }
  }
  if (op_ >= Op::kContains && kind_ != Kind::kString) {
    throw config_error("op = " + quoted + " needs a string as value");
  }
  if (op_ >= Op::kLess && kind_ == Kind::kBool) {
    throw config_error("true and false can be compared with == and != only, not with " + quoted);
  }
}

bool Comparison::ordered(int order) const {
  switch (op_) {
    case Op::kEqual: return order == 0;
    case Op::kNotEqual: return order != 0;
    case Op::kLess: return order < 0;
    case Op::kLessEqual: return order <= 0;
    case Op::kGreater: return order > 0;
    default: return order >= 0;
  }
}

bool Comparison::passes(const Field& field) {
  if (field.absent()) return false;
  if (op_ == Op::kExists) return true;
  if (field.kind != kind_) return op_ == Op::kNotEqual;
  if (kind_ == Kind::kNumber) return ordered(compare(parse_number(field.text), number_));
  if (kind_ == Kind::kBool) return ordered(field.text.compare(text_));
  std::string_view text = field.text;
  if (text.find('\\') != std::string_view::npos) {
    scratch_.resize(text.size());
    const auto size = unescape(text, scratch_.data());
    if (!size) {
      throw bad_data("the string " + std::string(field.raw().substr(0, 80)) +
                     " has an escape that JSON does not know");
    }
    text = std::string_view(scratch_.data(), *size);
  }
  switch (op_) {
    case Op::kContains: return text.find(text_) != std::string_view::npos;
    case Op::kStartsWith: return text.starts_with(text_);
    case Op::kEndsWith: return text.ends_with(text_);
    default: return ordered(text.compare(text_));
  }
}

}  // namespace streamhost::json
