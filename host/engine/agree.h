// A point at which all processes of a job wait for each other.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "cluster/members.h"

namespace streamhost {

// Waits until all processes have come here, and gives what each has brought, by process. When one
// brings a failure all get it, named for the process that it is of unless it is their own. Without
// `members` there is one process. [one thread of a process at a time]
Result<std::vector<std::string>> agree(cluster::Members* members, Result<std::string> brought);

}  // namespace streamhost
