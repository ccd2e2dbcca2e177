#include "base/diagnostics.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <tuple>

namespace streamhost {
namespace {

std::string_view file_of(const Location& where) {
  return where.file ? std::string_view(*where.file) : std::string_view();
}

bool before(const Diagnostic* a, const Diagnostic* b) {
  return std::make_tuple(file_of(a->where), a->where.line, a->where.column) <
         std::make_tuple(file_of(b->where), b->where.line, b->where.column);
}

std::string line_of(const Diagnostic& diagnostic) {
  std::string line = diagnostic.where.text();
  if (!line.empty()) line += ": ";
  line += diagnostic.severity == Diagnostic::Severity::kError ? "error: " : "warning: ";
  return line + diagnostic.message;
}

// Edits that lead from one word to the other: inserting, removing or changing a letter, or swapping
// two neighbours. Case does not count.
size_t distance(std::string_view a, std::string_view b) {
  const auto same = [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  };
  // Three rows of the usual table: the one before last (for swaps), the last, the current one.
  std::vector<size_t> older(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool equal = same(a[i - 1], b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (equal ? 0 : 1)});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) {
        row[j] = std::min(row[j], older[j - 2] + 1);
      }
    }
    std::swap(older, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

void Diagnostics::error(const Location& where, std::string message) {
  other_error_ = true;
  all_.push_back({Diagnostic::Severity::kError, where, std::move(message)});
}

void Diagnostics::warning(const Location& where, std::string message) {
  all_.push_back({Diagnostic::Severity::kWarning, where, std::move(message)});
}

void Diagnostics::plugin_error(const Location& where, std::string message) {
  plugin_error_ = true;
  all_.push_back({Diagnostic::Severity::kError, where, std::move(message)});
}

bool Diagnostics::has_errors() const { return plugin_error_ || other_error_; }

std::string Diagnostics::text() const {
  std::vector<const Diagnostic*> sorted;
  for (const Diagnostic& diagnostic : all_) sorted.push_back(&diagnostic);
  std::stable_sort(sorted.begin(), sorted.end(), before);
  std::vector<std::string> lines;
  for (const Diagnostic* diagnostic : sorted) {
    std::string line = line_of(*diagnostic);
    // Two checks may find the same mistake; saying it twice helps nobody. The same text at the same
    // place is at most a few lines back.
    if (std::find(lines.end() - std::min<std::ptrdiff_t>(std::ssize(lines), 16), lines.end(),
                  line) == lines.end()) {
      lines.push_back(std::move(line));
    }
  }
  std::string out;
  for (const std::string& line : lines) {
    if (!out.empty()) out += '\n';
    out += line;
  }
  return out;
}

Status Diagnostics::status() const {
  if (!has_errors()) return Status::ok();
  return {other_error_ ? Code::kUsage : Code::kPlugin, text()};
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  // A third of the letters may be wrong, but never so many that nothing of the word is left.
  constexpr size_t kLongest = 64;
  if (word.empty() || word.size() > kLongest) return {};
  const size_t allowed = std::max<size_t>(1, word.size() / 3);
  const std::string* best = nullptr;
  size_t best_distance = allowed + 1;
  for (const std::string& candidate : known) {
    if (candidate.size() > kLongest || candidate == word) continue;
    const size_t edits = distance(word, candidate);
    if (edits < best_distance && edits < std::max(word.size(), candidate.size())) {
      best = &candidate;
      best_distance = edits;
    }
  }
  return best == nullptr ? std::string() : " (did you mean \"" + *best + "\"?)";
}

}  // namespace streamhost
