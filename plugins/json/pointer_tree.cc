#include "pointer_tree.h"

#include <streamhost/sdk.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace streamhost::json {
namespace {

// "~1" is '/', "~0" is '~'.
std::string plain(std::string_view token, std::string_view pointer) {
  std::string result;
  for (size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      result += token[i];
      continue;
    }
    const char next = i + 1 < token.size() ? token[i + 1] : '\0';
    if (next != '0' && next != '1') {
      throw config_error("\"" + std::string(pointer) +
                         "\" is not a JSON Pointer: write ~0 for '~' and ~1 for '/' in a name");
    }
    result += next == '0' ? '~' : '/';
    ++i;
  }
  return result;
}

uint64_t index_of(const std::string& name) {
  if (name.empty() || (name.size() > 1 && name[0] == '0')) return PointerTree::kNoIndex;
  uint64_t index = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
  const bool good = error == std::errc() && end == name.data() + name.size();
  return good ? index : PointerTree::kNoIndex;
}

PointerTree::Edge edge_of(const std::string& name, uint32_t node) {
  PointerTree::Edge edge{name, index_of(name), node, 0, 0, false};
  // What must be escaped in a document may begin in any way.
  const bool escaped = std::any_of(name.begin(), name.end(), [](char c) {
    return static_cast<uint8_t>(c) < 0x20 || c == '"' || c == '\\';
  });
  const std::string start = escaped ? "" : (name + '"').substr(0, sizeof edge.start);
  if (!start.empty()) std::memcpy(&edge.start, start.data(), start.size());
  std::memset(&edge.start_mask, 0xFF, start.size());
  edge.start_is_all = start.size() == name.size() + 1;
  return edge;
}

}  // namespace

PointerTree::PointerTree(const std::vector<std::string>& pointers) {
  for (uint32_t i = 0; i < pointers.size(); ++i) add(pointers[i], i);
  for (const Node& n : nodes_) ends_ += n.wanted_by.empty() ? 0 : 1;
}

void PointerTree::add(std::string_view pointer, uint32_t number) {
  if (!pointer.empty() && pointer[0] != '/') {
    throw config_error("\"" + std::string(pointer) +
                       "\" is not a JSON Pointer: it begins with a slash, as \"/" +
                       std::string(pointer) + "\"");
  }
  uint32_t at = 0;
  for (std::string_view rest = pointer; !rest.empty();) {
    rest.remove_prefix(1);
    const size_t end = std::min(rest.find('/'), rest.size());
    const std::string name = plain(rest.substr(0, end), pointer);
    rest.remove_prefix(end);
    const auto& edges = nodes_[at].edges;
    const auto known =
        std::find_if(edges.begin(), edges.end(), [&](const Edge& e) { return e.name == name; });
    if (known != edges.end()) {
      at = known->node;
      continue;
    }
    const uint32_t fresh = size();
    nodes_[at].edges.push_back(edge_of(name, fresh));
    nodes_.emplace_back();
    at = fresh;
  }
  nodes_[at].wanted_by.push_back(number);
}

}  // namespace streamhost::json
