// Cuts a text at separators. Unlike words, pieces may be empty: N separators make N + 1 pieces.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace streamhost::text {

class Cutter {
 public:
  // Cuts at each occurrence of `separator`, which is not empty.
  explicit Cutter(std::string separator) : separator_(std::move(separator)) {}
  // Cuts at each match of `pattern`; where it matches the empty text, nothing is cut.
  explicit Cutter(std::unique_ptr<re2::RE2> pattern) : pattern_(std::move(pattern)) {}

  // The pieces of `text`, as views into it, valid while it is; the vector until the next call.
  const std::vector<std::string_view>& cut(std::string_view text);

 private:
  std::string separator_;
  std::unique_ptr<re2::RE2> pattern_;
  std::vector<std::string_view> pieces_;
};

}  // namespace streamhost::text
