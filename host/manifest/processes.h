// Which processes run a job together, and which of them this one is.
#pragma once

#include <optional>
#include <string>

#include "base/diagnostics.h"
#include "manifest/settings.h"

namespace streamhost {

// Completes `settings` after apply_overrides(): puts the addresses of the hosts file in their
// place, and finds the process id that was not given by `host_name`: the address with this host (or
// with this name in front of the first dot), or else the number behind its last "-". Then checks
// what can be told before the cluster is there: that the id is one of the addresses, and that
// nobody meant to let everyone in. Mistakes go to `diagnostics`.
// `host_name`: of this machine; empty when the job will not run here, and it matters not who we
// are.
void find_processes(const std::optional<std::string>& host_name, Settings& settings,
                    Diagnostics& diagnostics);

// What this machine calls itself.
std::string own_host_name();

}  // namespace streamhost
