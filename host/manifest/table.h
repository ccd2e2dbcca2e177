// Small helpers for reading the tables of a manifest.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "base/value.h"

namespace streamhost {

// The value of a key; null when the table does not have it.
const Value* find_key(const Value& table, std::string_view key);

// An error for each key that is not among `known`: `unknown key "workrs" in [run] (did you ...)`.
void refuse_unknown_keys(const Value& table, const std::string& table_name,
                         const std::vector<std::string>& known, Diagnostics& diagnostics);

// True when `value` is of that kind; otherwise an error: `epoch must be a string, not an integer`.
bool expect_kind(const Value& value, Value::Kind kind, std::string_view name,
                 Diagnostics& diagnostics);

// True for [a-z][a-z0-9_]*, what ids, ports and names of plugins, components and options look like.
bool is_identifier(std::string_view text);

}  // namespace streamhost
