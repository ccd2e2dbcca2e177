// Points at which tests kill the process.
#pragma once

#include <streamhost/draft/crash_point.h>

#include <streamhost/sdk.hpp>

namespace kafka_plugin {

class CrashPoints {
 public:
  explicit CrashPoints(const streamhost::Context& ctx)
      : ctx_(ctx),
        points_(
            static_cast<const sh_crash_point*>(ctx.host()->get_extension(SH_CRASH_POINT_DRAFT_1))) {
  }

  // [any thread]
  void pass(const char* point) const {
    if (points_ != nullptr) points_->pass(ctx_.raw(), point);
  }

 private:
  const streamhost::Context ctx_;
  const sh_crash_point* const points_;
};

}  // namespace kafka_plugin
