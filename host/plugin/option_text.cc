#include "plugin/option_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/units.h"

namespace streamhost {

namespace {

Value string_value(std::string_view text) {
  Value value;
  value.string = text;
  return value;
}

template <class T>
std::optional<T> number_of(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// Calls `body` with each part of "a, b, c"; not at all for an empty text.
template <class Body>
void each_part(std::string_view text, Body&& body) {
  while (!trimmed(text).empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    body(trimmed(text.substr(0, comma)));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
}

}  // namespace

std::string float_text(double number) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  return {text.data(), end};
}

Value value_of_text(int32_t type, std::string_view text) {
  const bool any = type == SH_TYPE_ANY;
  Value value;
  if (type == SH_TYPE_BOOL || any) {
    value.kind = Value::Kind::kBool;
    value.boolean = text == "true";
    if (value.boolean || text == "false") return value;
  }
  if (type == SH_TYPE_INT || type == SH_TYPE_FLOAT || any) {
    if (const auto integer = number_of<int64_t>(text)) {
      value.kind = Value::Kind::kInteger;
      value.integer = *integer;
      return value;
    }
  }
  if (type == SH_TYPE_FLOAT || any) {
    if (const auto number = number_of<double>(text); number && std::isfinite(*number)) {
      value.kind = Value::Kind::kFloat;
      value.floating = *number;
      return value;
    }
  }
  if (type == SH_TYPE_LIST) {
    value.kind = Value::Kind::kList;
    each_part(text, [&](std::string_view part) { value.list.push_back(string_value(part)); });
    return value;
  }
  if (type == SH_TYPE_MAP) {
    value.kind = Value::Kind::kTable;
    each_part(text, [&](std::string_view part) {
      const size_t equals = std::min(part.find('='), part.size());
      value.table.emplace_back(
          trimmed(part.substr(0, equals)),
          string_value(trimmed(part.substr(std::min(equals + 1, part.size())))));
    });
    return value;
  }
  return string_value(text);
}

bool is_url(std::string_view text) {
  const size_t end = text.find("://");
  if (end == std::string_view::npos || end == 0) return false;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '-' || c == '.';
  });
}

const char* type_name(int32_t type) {
  constexpr std::array<const char*, 12> kNames = {"string",   "integer", "float", "boolean",
                                                  "duration", "size",    "time",  "list",
                                                  "map",      "any",     "table", "component"};
  return type >= 0 && type < static_cast<int32_t>(kNames.size()) ? kNames[static_cast<size_t>(type)]
                                                                 : "unknown";
}

std::string format_number(int32_t type, double number) {
  // Beyond these an int64_t cannot follow a double.
  constexpr double kExact = 9e18;
  if (type == SH_TYPE_FLOAT || !(std::fabs(number) < kExact)) return float_text(number);
  const auto integer = static_cast<int64_t>(number);
  if (type == SH_TYPE_DURATION) return format_duration(integer);
  if (type == SH_TYPE_SIZE) return format_size(integer);
  return std::to_string(integer);
}

}  // namespace streamhost
