// How values look as JSON.
#pragma once

#include <cstdint>

namespace streamhost::avro {

enum class JsonForm : uint8_t {
  kPlain,   // the value of a union is the bare value
  kAvro,    // … is { "branch": value }, as the specification says; null is bare
  kDefault  // as defaults stand in a schema: like kPlain
};

struct Form {
  JsonForm json = JsonForm::kPlain;
  bool base64 = false;          // bytes and fixed; otherwise a character for each byte (ISO 8859-1)
  bool logical = false;         // logical types as texts and decimal numbers, see logical.h
  bool ignore_unknown = false;  // of JSON: fields that the schema does not have
};

// Values deeper than this are rejected: records, arrays and maps within each other. The same depth
// is what other components read.
inline constexpr int kDeepestValue = 256;

}  // namespace streamhost::avro
