// enrich: joins each record with what a lookup file says about its key.
#pragma once

#include <streamhost/sdk.hpp>

#include "lookup.h"

namespace streamhost::core {

// An object gets one more member, `as`; any other value becomes {"value": it, `as`: …}.
class Enrich {
 public:
  // Reads the file. Throws Error when it cannot be used.
  Enrich(const Context& ctx, const Config& config);

  void process(const Batch& in, Out& out);

 private:
  enum class Missing { kPass, kDrop, kReject };

  void put_out(const sh_record& record, std::string_view match, Out& out);

  Context ctx_;
  Missing missing_ = Missing::kPass;
  Lookup lookup_;
  std::string member_;  // the name of the new member as JSON, with the colon
  std::string scratch_;
};

}  // namespace streamhost::core
