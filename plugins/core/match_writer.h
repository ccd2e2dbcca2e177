// Puts out records with what a lookup found: what enrich and enrich_cached have in common.
#pragma once

#include <streamhost/sdk.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace streamhost::core {

// An object gets one more member, `as`; any other value becomes {"value": it, `as`: …}. By the
// options `as` and `missing`, which options() describes. [worker]
class MatchWriter {
 public:
  MatchWriter(const Context& ctx, const Config& config);

  // Puts out the record with `match`, JSON text.
  void found(const sh_record& record, std::string_view match, Out& out);
  // Passes, drops or rejects the record, of which nothing was found. `why` is for rejecting.
  void missing(const sh_record& record, std::string_view why, Out& out);

  // The options; `missing_help` says when `missing` counts.
  static std::vector<Option> options(const char* missing_help);

 private:
  enum class Missing { kPass, kDrop, kReject };

  Context ctx_;
  Missing missing_;
  std::string member_;  // the name of the new member as JSON, with the colon
  std::string scratch_;
};

}  // namespace streamhost::core
