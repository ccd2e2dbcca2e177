// text.split: cuts each value into words, or at separators.
#pragma once

#include <streamhost/sdk.hpp>

#include <optional>

#include "lot.h"
#include "pieces.h"
#include "words.h"

namespace streamhost::text {

class Split {
 public:
  Split(const Context& ctx, const Config& config);
  void process(const Batch& in, Out& out);

 private:
  template <bool Lower>
  void split_words(const Batch& in, Lot& lot);
  void split_pieces(const Batch& in, Lot& lot);

  Context ctx_;
  bool lowercase_;
  std::optional<Cutter> cutter_;  // none: words
  WordFinder finder_;
};

Component split();

}  // namespace streamhost::text
