// Where in a message decoder and encoder are, for messages about what is wrong there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schema.h"

namespace streamhost::protobuf {

// The fields one has gone down through. [worker]
class Place {
 public:
  void clear() { parts_.clear(); }
  void enter(const Field& field) { parts_.push_back({&field, kNoElement}); }
  void leave() { parts_.pop_back(); }
  // The element of the field that was entered last; a message at the top can be a list, too.
  void element(uint32_t index) {
    if (!parts_.empty()) parts_.back().element = index;
  }

  // "items[2].price"; empty at the top.
  std::string text() const {
    std::string text;
    for (const Part& part : parts_) {
      if (!text.empty()) text += '.';
      text += part.field->name;
      if (part.element != kNoElement) text += "[" + std::to_string(part.element) + "]";
    }
    return text;
  }

 private:
  static constexpr uint32_t kNoElement = UINT32_MAX;
  struct Part {
    const Field* field;
    uint32_t element;
  };
  std::vector<Part> parts_;
};

}  // namespace streamhost::protobuf
