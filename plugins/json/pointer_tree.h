// JSON Pointers (RFC 6901), several of them folded into one tree, so that a document is walked once
// for all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace streamhost::json {

class PointerTree {
 public:
  static constexpr uint64_t kNoIndex = UINT64_MAX;

  struct Edge {
    std::string name;  // of an object's field
    uint64_t index;    // the same as an array's index, or kNoIndex
    uint32_t node;
    // The first 8 bytes of the name and its closing quote as they stand in a document without
    // escapes, and which of them to look at: a field of another start has another name.
    uint64_t start;
    uint64_t start_mask;
    bool start_is_all;  // the name has no more than that
  };
  struct Node {
    std::vector<Edge> edges;
    std::vector<uint32_t> wanted_by;  // which pointers end here
  };

  // Throws config_error for a text that is not a JSON Pointer.
  explicit PointerTree(const std::vector<std::string>& pointers);

  const Node& node(uint32_t index) const { return nodes_[index]; }  // 0: the root
  uint32_t size() const { return static_cast<uint32_t>(nodes_.size()); }
  // How many nodes some pointer ends at.
  uint32_t ends() const { return ends_; }

 private:
  void add(std::string_view pointer, uint32_t number);

  std::vector<Node> nodes_{1};
  uint32_t ends_ = 0;
};

}  // namespace streamhost::json
