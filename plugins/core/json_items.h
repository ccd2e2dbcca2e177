// Cuts a JSON array into its elements.
#pragma once

#include <string_view>

namespace streamhost::core {

// Walks through the elements of one array.
//
//   JsonItems items(text);
//   while (items.next()) use(items.value());
//   if (!items.done()) complain();
//
// The text is one valid JSON value. Of text that is not, which elements there are is open, but
// nothing is read beyond it.
class JsonItems {
 public:
  explicit JsonItems(std::string_view text);

  // Goes to the next element; false at the end, or when the text is no array.
  bool next();
  // The element as it stands in the text, without the spaces around it.
  std::string_view value() const { return value_; }
  // After next() was false: whether the text was an array.
  bool done() const { return done_; }

 private:
  std::string_view inside_, value_;
  bool done_;
  bool over_;
};

}  // namespace streamhost::core
