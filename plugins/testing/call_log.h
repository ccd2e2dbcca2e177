// What was called when: a line of JSON for each call, in a file that several workers and processes
// write to, and that outlives their crashes.
//
//   {"time_us":1714550400000000,"pid":41,"worker":0,"call":"prepare","partition":"0","epoch":7,
//    "handle":"000000000007-0000-5a…","records":null,"result":"ok"}
#pragma once

#include <cstdint>
#include <optional>
#include <streamhost/sdk.hpp>
#include <string>
#include <string_view>

#include "common/descriptor.h"

namespace testing_plugin {

// What is not given is null in the line.
struct Call {
  std::string_view name;  // "open", "write", ...
  std::optional<std::string_view> partition{};
  std::optional<uint64_t> epoch{};
  std::optional<std::string_view> handle{};  // or position
  std::optional<uint64_t> records{};
  std::string_view result = "ok";  // or "again", or the fault that comes next
};

class CallLog {
 public:
  // An empty path: nothing is written. The file is opened by the first add().
  CallLog(const streamhost::Context& ctx, std::string path) : ctx_(ctx), path_(std::move(path)) {}

  // Appends one line with one write, so that lines are whole. Throws streamhost::Error
  // (unavailable) when it cannot.
  void add(const Call& call);

 private:
  streamhost::Context ctx_;
  std::string path_;
  plugin_common::Descriptor file_;
};

}  // namespace testing_plugin
