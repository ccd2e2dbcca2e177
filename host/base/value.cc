#include "base/value.h"

namespace streamhost {

std::string Location::text() const {
  std::string result = file ? *file : std::string();
  if (line != 0) result += (result.empty() ? "" : ":") + std::to_string(line);
  if (line != 0 && column != 0) result += ":" + std::to_string(column);
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
