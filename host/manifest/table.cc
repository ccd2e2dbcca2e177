#include "manifest/table.h"

#include <algorithm>

#include "base/json_text.h"

namespace streamhost {

const Value* find_key(const Value& table, std::string_view key) {
  for (const auto& [name, value] : table.table) {
    if (name == key) return &value;
  }
  return nullptr;
}

void refuse_unknown_keys(const Value& table, const std::string& table_name,
                         const std::vector<std::string>& known, Diagnostics& diagnostics) {
  for (const auto& [key, value] : table.table) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    diagnostics.error(value.key_where, "unknown key " + json_string(key) + " in " + table_name +
                                           did_you_mean(key, known));
  }
}

bool expect_kind(const Value& value, Value::Kind kind, std::string_view name,
                 Diagnostics& diagnostics) {
  if (value.kind == kind) return true;
  diagnostics.error(value.where, std::string(name) + " must be " + kind_name(kind) + ", not " +
                                     kind_name(value.kind));
  return false;
}

bool is_identifier(std::string_view text) {
  if (text.empty() || text.front() < 'a' || text.front() > 'z') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace streamhost
