// text.replace: rewrites what an expression matches in each value.
#pragma once

#include <streamhost/sdk.hpp>

#include <re2/re2.h>

#include <memory>
#include <string>
#include <vector>

namespace streamhost::text {

class Replace {
 public:
  Replace(const Context& ctx, const Config& config);
  void process(const Batch& in, Out& out);

 private:
  // Writes the rewritten text to text_; false, with text_ of no meaning, when nothing matched.
  bool rewrite(std::string_view text);

  std::unique_ptr<re2::RE2> pattern_;
  std::string with_;
  bool all_;
  std::vector<re2::StringPiece> groups_;
  std::string text_;
};

Component replace();

}  // namespace streamhost::text
