// text.key_value: cuts each value at its first delimiter, into key and value.
#pragma once

#include <streamhost/sdk.hpp>

#include <string>

namespace streamhost::text {

// Both parts are views into the value that came: no bytes move.
class KeyValue {
 public:
  KeyValue(const Context& ctx, const Config& config);
  void process(const Batch& in, Out& out);

 private:
  Context ctx_;
  uint8_t delimiter_ = 0;
  bool trim_;
  std::string missing_;  // what is said of a record without a delimiter
};

Component key_value();

}  // namespace streamhost::text
