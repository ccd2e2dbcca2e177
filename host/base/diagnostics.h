// Everything that is wrong with a manifest, collected so that it can be shown at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/value.h"

namespace streamhost {

struct Diagnostic {
  enum class Severity { kError, kWarning };
  Severity severity = Severity::kError;
  Location where;
  std::string message;
};

class Diagnostics {
 public:
  void error(const Location& where, std::string message);
  void warning(const Location& where, std::string message);
  // Makes has_errors() count as a plugin that could not be loaded (exit status 3, not 2).
  void plugin_error(const Location& where, std::string message);

  bool has_errors() const;
  const std::vector<Diagnostic>& all() const { return all_; }
  // One per line, in the order of their places: "job.toml:7:1: error: unknown option ...".
  std::string text() const;
  // Ok without errors; otherwise all of text() under kUsage, or kPlugin when plugins are the only
  // trouble.
  Status status() const;

 private:
  std::vector<Diagnostic> all_;
  bool plugin_error_ = false;
  bool other_error_ = false;
};

// ` (did you mean "path"?)` when one of `known` is close to `word` by Damerau-Levenshtein distance,
// otherwise empty.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace streamhost
