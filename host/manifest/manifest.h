// Reads manifests: TOML text in, a Document and everything that is wrong with it out.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "base/status.h"
#include "manifest/document.h"
#include "manifest/environment.h"

namespace streamhost {

// Reads a manifest file. The Document may be incomplete: ask `diagnostics` before it is used, after
// build() has added what it finds, so that all mistakes are shown at once. Errors: kUsage when the
// file cannot be read.
Result<Document> load_manifest(const std::filesystem::path& path, const Environment& environment,
                               Diagnostics& diagnostics);

// The same for a text; `path` is only the name to give it, and says what relative names mean.
Document parse_manifest(std::string_view text, const std::filesystem::path& path,
                        const Environment& environment, Diagnostics& diagnostics);

}  // namespace streamhost
