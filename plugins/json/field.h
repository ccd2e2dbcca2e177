// What was found at a JSON Pointer.
#pragma once

#include <cstdint>
#include <string_view>

namespace streamhost::json {

enum class Kind : uint8_t { kMissing, kNull, kBool, kNumber, kString, kObject, kArray };

struct Field {
  Kind kind = Kind::kMissing;
  // The JSON text, a view into the document; a string without its quotes, still escaped.
  std::string_view text;

  bool absent() const { return kind == Kind::kMissing || kind == Kind::kNull; }
  // The JSON text with a string's quotes.
  std::string_view raw() const {
    return kind == Kind::kString ? std::string_view(text.data() - 1, text.size() + 2) : text;
  }
};

}  // namespace streamhost::json
