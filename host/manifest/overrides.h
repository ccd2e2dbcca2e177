// Flags and environment variables over the settings of a manifest: a flag beats the environment,
// which beats the file.
#pragma once

#include "base/diagnostics.h"
#include "manifest/environment.h"
#include "manifest/setting.h"
#include "manifest/settings.h"

namespace streamhost {

// Puts the environment, then the flags, over what the manifest said; then workers = 0 becomes the
// number of cores. Addresses by one way replace a hosts file by a weaker one, and the other way
// round. An empty variable counts as unset. Relative directories are taken from the working
// directory. Mistakes go to `diagnostics` without a place: `STREAMHOST_WORKERS: "abc" is not ...`.
// Who the processes are is for find_processes().
void apply_overrides(const Overrides& flags, const Environment& environment, Settings& settings,
                     Diagnostics& diagnostics);

// The cores that this process may use; at least 1.
uint32_t core_count();

}  // namespace streamhost
