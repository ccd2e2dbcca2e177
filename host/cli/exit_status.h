// What the process's exit status means; also in the man page.
#pragma once

#include "base/status.h"

namespace streamhost {

// 0 done, 1 the job failed, 2 wrong usage or manifest, 3 a plugin could not be loaded, 4 the
// recovery store cannot be used.
inline int exit_status(const Status& status) {
  switch (status.code()) {
    case Code::kOk: return 0;
    case Code::kUsage: return 2;
    case Code::kPlugin: return 3;
    case Code::kRecovery: return 4;
    case Code::kFailed:
    case Code::kLost:
    case Code::kStopped: break;
  }
  return 1;
}

}  // namespace streamhost
