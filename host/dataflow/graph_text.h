// Draws a dataflow as text, for people and for other programs. Option values are not part of it, so
// that no secret can be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "dataflow/dataflow.h"

namespace streamhost {

enum class GraphFormat { kMermaid, kDot, kJson };

// By its name on the command line: "mermaid", "dot", "json". Errors: kUsage, naming all of them.
Result<GraphFormat> graph_format(std::string_view name);
std::vector<std::string> graph_format_names();

// The whole text, ending in a newline. Steps come in the dataflow's order.
//   mermaid  a flowchart from left to right; arrows say the port unless it is the only one
//   dot      the same for Graphviz
//   json     {"name", "steps": [{"id", "kind", "component", "outputs", "inputs"}],
//             "edges": [{"from", "port", "to", "input"}]}, where "input" is "" for an unnamed one
std::string graph_text(const Dataflow& dataflow, GraphFormat format);

}  // namespace streamhost
