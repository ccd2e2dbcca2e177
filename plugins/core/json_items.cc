#include "json_items.h"

#include "common/json_text.h"

namespace streamhost::core {
namespace {

// Where the element at the front of `text` ends: at a comma that is in nothing, or at the end.
size_t element_end(std::string_view text) {
  size_t depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '"':
        for (++i; i < text.size() && text[i] != '"'; ++i) {
          if (text[i] == '\\') ++i;
        }
        break;
      case '[':
      case '{': ++depth; break;
      case ']':
      case '}':
        if (depth != 0) --depth;
        break;
      case ',':
        if (depth == 0) return i;
        break;
      default: break;
    }
  }
  return text.size();
}

}  // namespace

JsonItems::JsonItems(std::string_view text) {
  text = plugin_common::json_trimmed(text);
  done_ = text.size() >= 2 && text.front() == '[' && text.back() == ']';
  if (done_) inside_ = plugin_common::json_trimmed(text.substr(1, text.size() - 2));
  over_ = inside_.empty();
}

bool JsonItems::next() {
  if (over_) return false;
  const size_t end = element_end(inside_);
  value_ = plugin_common::json_trimmed(inside_.substr(0, end));
  over_ = end == inside_.size();
  if (!over_) inside_.remove_prefix(end + 1);
  return true;
}

}  // namespace streamhost::core
