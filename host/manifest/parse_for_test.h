// Parses manifests in tests, as if they stood in a file job.toml.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "manifest/manifest.h"

namespace streamhost::testing {

using Variables = std::map<std::string, std::string>;

inline Environment environment_of(Variables variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto it = variables.find(name);
    if (it == variables.end()) return std::nullopt;
    return it->second;
  };
}

struct Parsed {
  Document document;
  Diagnostics diagnostics;

  // What a person is shown.
  std::string text() const { return diagnostics.text(); }
  const StepSpec& step(std::string_view id) const {
    for (const StepSpec& spec : document.steps) {
      if (spec.id == id) return spec;
    }
    static const StepSpec none;
    return none;
  }
};

inline Parsed parse(std::string_view text, Variables variables = {},
                    const std::filesystem::path& path = "job.toml") {
  Parsed parsed;
  parsed.document =
      parse_manifest(text, path, environment_of(std::move(variables)), parsed.diagnostics);
  return parsed;
}

// The mistakes of a text; empty when there are none.
inline std::string mistakes(std::string_view text, Variables variables = {}) {
  return parse(text, std::move(variables)).text();
}

}  // namespace streamhost::testing
