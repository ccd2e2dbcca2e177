// TOML text as Values with their places. The only part of the host that knows the TOML library.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "base/value.h"

namespace streamhost {

// A manifest larger than this is refused: nobody wrote it.
constexpr size_t kMaxManifestBytes = size_t{4} << 20;

// The root table of a TOML text, its keys in file order at every level. Date-times need an offset,
// because a local time names no moment. `file` is what messages call the text. Mistakes go to
// `diagnostics`; empty when the text is not TOML (then only the first mistake is known).
std::optional<Value> read_toml(std::string_view text,
                               const std::shared_ptr<const std::string>& file,
                               Diagnostics& diagnostics);

}  // namespace streamhost
