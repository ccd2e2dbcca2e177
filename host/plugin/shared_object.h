// Brings a plugin's shared object into the process. The only place that knows Boost.DLL.
#pragma once

#include <streamhost/abi.h>

#include "base/status.h"
#include "plugin/trusted_file.h"

namespace streamhost {

// Loads exactly the open file, with all its symbols bound and none of them visible to others, and
// gives the address of its `streamhost_plugin`, at which at least the fields up to abi_minor can be
// read. Runs the object's constructors: put a CrashScope around the call.
//
// What was loaded stays until the process ends, also when no plugin was found in it, and so does
// the descriptor: debuggers and sanitizers read the file again under the name it was loaded by,
// /proc/self/fd/N, and the dynamic linker would take another file under that name for the same.
// Errors: kPlugin. [any thread]
Result<const sh_plugin*> load_shared_object(OpenFile file);

}  // namespace streamhost
