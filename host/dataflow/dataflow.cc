#include "dataflow/dataflow.h"

namespace streamhost {

std::vector<std::string> output_names(const Component& component) {
  if (component.kind == Component::Kind::kSink || component.kind == Component::Kind::kAggregate) {
    return {};
  }
  std::vector<std::string> names;
  for (uint32_t i = 0; i < component.raw->output_count; ++i) {
    names.emplace_back(component.raw->outputs[i].name);
  }
  if (names.empty()) names.emplace_back("out");
  return names;
}

}  // namespace streamhost
