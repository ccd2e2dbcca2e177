#include "schema.h"

namespace streamhost::avro {

std::string_view name_of(Type type) {
  constexpr std::string_view kNames[] = {"null",   "boolean", "int",    "long",   "float",
                                         "double", "bytes",   "string", "record", "enum",
                                         "array",  "map",     "union",  "fixed"};
  return kNames[static_cast<size_t>(type)];
}

std::string_view Node::short_name() const {
  const std::string_view full = name;
  return full.substr(full.rfind('.') + 1);
}

std::optional<uint32_t> Node::find(std::string_view field_or_symbol) const {
  const auto found = index.find(field_or_symbol);
  if (found == index.end()) return std::nullopt;
  return found->second;
}

}  // namespace streamhost::avro
