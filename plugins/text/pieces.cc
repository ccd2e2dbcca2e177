#include "pieces.h"

#include <cstring>

#include "regex.h"

namespace streamhost::text {

const std::vector<std::string_view>& Cutter::cut(std::string_view text) {
  pieces_.clear();
  size_t begin = 0;
  if (pattern_ == nullptr) {
    while (begin <= text.size()) {
      const void* hit =
          memmem(text.data() + begin, text.size() - begin, separator_.data(), separator_.size());
      if (hit == nullptr) break;
      const auto at = static_cast<size_t>(static_cast<const char*>(hit) - text.data());
      pieces_.push_back(text.substr(begin, at - begin));
      begin = at + separator_.size();
    }
  } else {
    re2::StringPiece match;
    for (size_t from = begin; from < text.size();) {
      if (!pattern_->Match(piece(text), from, text.size(), re2::RE2::UNANCHORED, &match, 1)) break;
      const auto at = static_cast<size_t>(match.data() - text.data());
      if (match.empty()) {
        from = at + 1;
        continue;
      }
      pieces_.push_back(text.substr(begin, at - begin));
      begin = from = at + match.size();
    }
  }
  pieces_.push_back(text.substr(begin));
  return pieces_;
}

}  // namespace streamhost::text
