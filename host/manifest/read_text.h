// Small files, read whole.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "base/status.h"

namespace streamhost {

// The content of a regular file (nothing that could block or never end) of at most `max_bytes`.
// Errors: kUsage, "cannot read PATH: " and the reason.
Result<std::string> read_text(const std::filesystem::path& path, size_t max_bytes);

}  // namespace streamhost
