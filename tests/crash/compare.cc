#include "crash/compare.h"

#include <algorithm>
#include <iterator>

namespace streamhost::crash {
namespace {

using Lines = std::vector<std::string_view>;

constexpr size_t kShown = 5;

std::string_view key_of(std::string_view line) { return line.substr(0, line.find('\t')); }

void show(std::string& to, const char* what, const Lines& lines) {
  if (lines.empty()) return;
  to += std::to_string(lines.size()) + " " + what + ":\n";
  for (size_t i = 0; i < lines.size() && i < kShown; ++i) {
    to += "    " + std::string(lines[i].substr(0, 200)) + "\n";
  }
  if (lines.size() > kShown) to += "    ...\n";
}

Lines minus(const Lines& a, const Lines& b) {
  Lines result;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}

std::string around(const Lines& lines, size_t at) {
  std::string text;
  for (size_t i = at < 2 ? 0 : at - 2; i < std::min(lines.size(), at + 3); ++i) {
    text += (i == at ? "  > " : "    ") + std::string(lines[i].substr(0, 200)) + "\n";
  }
  return text;
}

}  // namespace

std::vector<std::string_view> split_lines(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return lines;
}

std::string flattened(std::string_view lines) {
  std::string result;
  for (const std::string_view line : split_lines(lines)) {
    const size_t tab = line.find('\t');
    std::string_view rest = tab == line.npos ? line : line.substr(tab + 1);
    const bool is_array =
        tab != line.npos && rest.size() > 2 && rest.front() == '[' && rest.back() == ']';
    if (!is_array) {
      result.append(line).append("\n");
      continue;
    }
    rest = rest.substr(1, rest.size() - 2);
    while (true) {
      const size_t comma = rest.find(',');
      result.append(line.substr(0, tab + 1)).append(rest.substr(0, comma)).append("\n");
      if (comma == rest.npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return result;
}

std::optional<std::string> difference(std::string_view expected, std::string_view actual,
                                      Order order) {
  if (expected == actual) return std::nullopt;
  Lines want = split_lines(expected), have = split_lines(actual);
  if (order == Order::kByKey) {
    const auto by_key = [](std::string_view a, std::string_view b) {
      return key_of(a) < key_of(b);
    };
    std::stable_sort(want.begin(), want.end(), by_key);
    std::stable_sort(have.begin(), have.end(), by_key);
  } else if (order == Order::kLines) {
    std::sort(want.begin(), want.end());
    std::sort(have.begin(), have.end());
  }
  if (want == have && order != Order::kExact) return std::nullopt;

  std::string text = "expected " + std::to_string(want.size()) + " lines, found " +
                     std::to_string(have.size()) + "\n";
  const auto [w, h] = std::mismatch(want.begin(), want.end(), have.begin(), have.end());
  Lines sorted_want = want, sorted_have = have;
  std::sort(sorted_want.begin(), sorted_want.end());
  std::sort(sorted_have.begin(), sorted_have.end());
  if (sorted_want == sorted_have) {
    if (w == want.end()) return text + "the line ends differ\n";
    const auto at = static_cast<size_t>(w - want.begin());
    return text + "all are there, but not in order; first where expected\n" + around(want, at) +
           "  found\n" + around(have, at);
  }
  show(text, "expected and not found", minus(sorted_want, sorted_have));
  show(text, "found and not expected", minus(sorted_have, sorted_want));
  return text;
}

}  // namespace streamhost::crash
