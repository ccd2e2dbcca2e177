// What `${...}` stands for in a manifest's strings.
//
//   ${NAME}            the environment variable NAME, which must be set
//   ${NAME:-default}   the same, or `default` (as it stands, up to the next `}`) when NAME is unset
//                      or empty
//   ${file:PATH}       the content of a file without its last newline; for secrets
//   $$                 a `$`
//
// Any other `$` is a `$`. What was put in is not looked at again.
#pragma once

#include <filesystem>

#include "base/diagnostics.h"
#include "base/value.h"
#include "manifest/environment.h"

namespace streamhost {

// Replaces `${...}` in every string of `value`, at any depth; keys stay as they are. Relative file
// names are taken from `folder`. What stood there before is kept beside it. Mistakes go to
// `diagnostics`, with the place of the string, which then stays as it was.
void substitute(Value& value, const std::filesystem::path& folder, const Environment& environment,
                Diagnostics& diagnostics);

}  // namespace streamhost
