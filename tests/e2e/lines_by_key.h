// Lines of which only those with one key are in a given order.
#pragma once

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace streamhost::testing {

// The lines of a text, sorted by what stands before their first space; those that have it in common
// stay in their order.
inline std::vector<std::string> lines_by_key(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream from(text);
  for (std::string line; std::getline(from, line);) lines.push_back(line);
  const auto key = [](const std::string& line) { return line.substr(0, line.find(' ')); };
  std::stable_sort(lines.begin(), lines.end(),
                   [&](const std::string& a, const std::string& b) { return key(a) < key(b); });
  return lines;
}

}  // namespace streamhost::testing
