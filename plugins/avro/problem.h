// What is wrong with a value, and where in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace streamhost::avro {

// Collected on the way out of nested calls: first set(), then within() for each field or item that
// contains the place, from the inside out.
class Problem {
 public:
  // Always false, for the caller to return. Says nothing while quiet.
  bool set(std::string what, size_t offset) {
    if (quiet == 0) {
      what_ = std::move(what);
      offset_ = offset;
      path_.clear();
    }
    return false;
  }
  bool within_field(std::string_view name) {
    if (quiet == 0) path_.emplace_back(name);
    return false;
  }
  bool within_item(uint64_t index) {
    if (quiet == 0) path_.push_back('[' + std::to_string(index) + ']');
    return false;
  }
  // "the length 7 is more than the 2 bytes that are left, at byte 12 in user.tags[3]"
  std::string text() const {
    std::string text = what_ + ", at byte " + std::to_string(offset_);
    std::string path;
    for (size_t i = path_.size(); i-- > 0;) {
      if (!path.empty() && path_[i][0] != '[') path += '.';
      path += path_[i];
      if (path.size() > 200) {
        path += "…";
        break;
      }
    }
    return path.empty() ? text : text + " in " + path;
  }

  int quiet = 0;  // above 0 while something is only tried

 private:
  std::string what_;
  size_t offset_ = 0;
  std::vector<std::string> path_;  // the innermost first
};

}  // namespace streamhost::avro
