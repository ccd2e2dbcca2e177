#include "script_item.h"

#include <cerrno>
#include <charconv>
#include <fstream>
#include <streamhost/sdk.hpp>

#include "common/descriptor.h"

namespace testing_plugin {

namespace {

struct Unit {
  std::string_view name;
  int64_t us;
};
// Longer names first where one begins with another.
constexpr Unit kUnits[] = {
    {"us", 1}, {"ms", 1'000}, {"s", 1'000'000}, {"m", 60'000'000}, {"h", 3'600'000'000}};

// "1m30s" in microseconds; -1 when it is no duration.
int64_t parse_duration(std::string_view text) {
  if (text.empty()) return -1;
  int64_t total = 0;
  while (!text.empty()) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0 || number > 1'000'000'000) return -1;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    const Unit* found = nullptr;
    for (const Unit& unit : kUnits) {
      if (found == nullptr && text.substr(0, unit.name.size()) == unit.name) found = &unit;
    }
    if (found == nullptr) return -1;
    text.remove_prefix(found->name.size());
    total += number * found->us;
  }
  return total;
}

}  // namespace

ScriptItem parse_item(std::string text) {
  ScriptItem item;
  item.text = std::move(text);
  const std::string_view t = item.text;
  if (t == "EOF") {
    item.kind = ScriptItem::Kind::kEof;
  } else if (t == "ABORT") {
    item.kind = ScriptItem::Kind::kAbort;
  } else if (t == "CRASH") {
    item.kind = ScriptItem::Kind::kCrash;
  } else if (t.substr(0, 5) == "WAIT ") {
    item.kind = ScriptItem::Kind::kWait;
  } else if (t.substr(0, 6) == "PAUSE ") {
    item.kind = ScriptItem::Kind::kPause;
    item.pause_us = parse_duration(t.substr(6));
    if (item.pause_us < 0) {
      throw streamhost::config_error("the item \"" + item.text +
                                     "\" has no duration after PAUSE, such as 200ms or 1m30s");
    }
  }
  return item;
}

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  if (!file.eof()) {
    throw streamhost::unavailable("cannot read the script " + plugin_common::quoted(path) + ": " +
                                  plugin_common::error_text(errno));
  }
  return lines;
}

}  // namespace testing_plugin
