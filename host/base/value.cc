#include "base/value.h"

#include <charconv>

namespace streamhost {

std::string Location::text() const {
  std::string result = file ? *file : std::string();
  if (line != 0) result += (result.empty() ? "" : ":") + std::to_string(line);
  if (line != 0 && column != 0) result += ":" + std::to_string(column);
  return result;
}

Value reread_substituted(const Value& value) {
  Value result = value;
  if (value.kind != Value::Kind::kString || !value.substituted || value.string.empty()) {
    return result;
  }
  const char* begin = value.string.data();
  const char* end = begin + value.string.size();
  if (const auto [at, error] = std::from_chars(begin, end, result.integer);
      error == std::errc() && at == end) {
    result.kind = Value::Kind::kInteger;
  } else if (const auto [stop, wrong] = std::from_chars(begin, end, result.floating);
             wrong == std::errc() && stop == end) {
    result.kind = Value::Kind::kFloat;
  } else if (value.string == "true" || value.string == "false") {
    result.kind = Value::Kind::kBool;
    result.boolean = value.string == "true";
  }
  return result;
}

const char* kind_name(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::kString: return "a string";
    case Value::Kind::kInteger: return "an integer";
    case Value::Kind::kFloat: return "a float";
    case Value::Kind::kBool: return "a boolean";
    case Value::Kind::kTime: return "a date-time";
    case Value::Kind::kList: return "an array";
    case Value::Kind::kTable: return "a table";
  }
  return "a value";
}

}  // namespace streamhost
