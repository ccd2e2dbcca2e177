// One comparison of a field with a value out of the manifest.
#pragma once

#include <string>
#include <string_view>

#include "field.h"
#include "scalar.h"

namespace streamhost::json {

class Comparison {
 public:
  // `op`: == != < <= > >= contains starts_with ends_with exists. `value`: JSON text of a scalar, or
  // null when the manifest gives none. Throws config_error when they do not fit.
  Comparison(std::string_view op, const std::string* value);

  // Whether the field passes. A field that is missing or null never does. A field of another type
  // than the value is != to it, and nothing else. Strings compare byte by byte.
  bool passes(const Field& field);

 private:
  enum class Op {
    kEqual,
    kNotEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kContains,
    kStartsWith,
    kEndsWith,
    kExists
  };
  bool ordered(int order) const;

  Op op_;
  Kind kind_ = Kind::kMissing;  // of the value
  std::string text_;            // of the value: plain text of a string, otherwise JSON text
  Number number_;
  std::string scratch_;
};

}  // namespace streamhost::json
