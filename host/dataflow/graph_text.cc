#include "dataflow/graph_text.h"

#include "base/json_text.h"

namespace streamhost {
namespace {

std::string port_name(const Dataflow& dataflow, const Input& input) {
  if (input.output_port == kErrorsPort) return "errors";
  return output_names(dataflow.steps[input.step].component)[input.output_port];
}

std::string side_name(const Step& reader, const Input& input) {
  const std::vector<std::string>& names = reader.options->inputs;
  return input.input_port < names.size() ? names[input.input_port] : std::string();
}

// What an arrow says: the port where there is a choice, and the side where it has a name.
std::string label(const Dataflow& dataflow, const Step& reader, const Input& input) {
  const bool choice = input.output_port == kErrorsPort ||
                      output_names(dataflow.steps[input.step].component).size() > 1;
  std::string text = choice ? port_name(dataflow, input) : std::string();
  const std::string side = side_name(reader, input);
  if (!side.empty()) text += (text.empty() ? "to " : " to ") + side;
  return text;
}

// Ids are prefixed, because "end" and others are words of the language. Nothing in the texts needs
// quoting: ids and names consist of a-z, 0-9, _ and dots.
std::string mermaid(const Dataflow& dataflow) {
  std::string out = "flowchart LR\n";
  for (const Step& step : dataflow.steps) {
    const std::string text = "\"" + step.id + "<br/>" + step.component.id + "\"";
    out += "  step_" + step.id;
    switch (step.component.kind) {
      case Component::Kind::kSource: out += "([" + text + "])"; break;
      case Component::Kind::kSink: out += "[(" + text + ")]"; break;
      case Component::Kind::kKeyed: out += "[[" + text + "]]"; break;
      default: out += "[" + text + "]"; break;
    }
    out += '\n';
  }
  for (const Step& step : dataflow.steps) {
    for (const Input& input : step.inputs) {
      const std::string text = label(dataflow, step, input);
      out += "  step_" + dataflow.steps[input.step].id + " -->";
      if (!text.empty()) out += "|\"" + text + "\"|";
      out += " step_" + step.id + "\n";
    }
  }
  return out;
}

std::string dot_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + "\"";
}

std::string dot(const Dataflow& dataflow) {
  std::string out = "digraph " + dot_string(dataflow.name) + " {\n  rankdir=LR;\n";
  for (const Step& step : dataflow.steps) {
    const char* shape = "box";
    if (step.component.kind == Component::Kind::kSource) shape = "ellipse";
    if (step.component.kind == Component::Kind::kSink) shape = "cylinder";
    if (step.component.kind == Component::Kind::kKeyed) shape = "box, peripheries=2";
    out += "  \"" + step.id + "\" [shape=" + shape + ", label=\"" + step.id + "\\n" +
           step.component.id + "\"];\n";
  }
  for (const Step& step : dataflow.steps) {
    for (const Input& input : step.inputs) {
      const std::string text = label(dataflow, step, input);
      out += "  \"" + dataflow.steps[input.step].id + "\" -> \"" + step.id + "\"";
      if (!text.empty()) out += " [label=\"" + text + "\"]";
      out += ";\n";
    }
  }
  return out + "}\n";
}

std::string json_list(const std::vector<std::string>& words) {
  std::string out = "[";
  for (const std::string& word : words) {
    if (out.size() > 1) out += ", ";
    append_json_string(out, word);
  }
  return out + "]";
}

std::string json(const Dataflow& dataflow) {
  std::string out = "{\n  \"name\": " + json_string(dataflow.name) + ",\n  \"steps\": [";
  const char* separator = "\n";
  for (const Step& step : dataflow.steps) {
    out += std::string(separator) + "    {\"id\": " + json_string(step.id) +
           ", \"kind\": " + json_string(kind_name(step.component.kind)) +
           ", \"component\": " + json_string(step.component.id) +
           ", \"outputs\": " + json_list(output_names(step.component)) +
           ", \"inputs\": " + json_list(step.options->inputs) + "}";
    separator = ",\n";
  }
  out += "\n  ],\n  \"edges\": [";
  separator = "\n";
  for (const Step& step : dataflow.steps) {
    for (const Input& input : step.inputs) {
      out += std::string(separator) +
             "    {\"from\": " + json_string(dataflow.steps[input.step].id) +
             ", \"port\": " + json_string(port_name(dataflow, input)) +
             ", \"to\": " + json_string(step.id) +
             ", \"input\": " + json_string(side_name(step, input)) + "}";
      separator = ",\n";
    }
  }
  return out + "\n  ]\n}\n";
}

}  // namespace

std::vector<std::string> graph_format_names() { return {"mermaid", "dot", "json"}; }

Result<GraphFormat> graph_format(std::string_view name) {
  if (name == "mermaid") return GraphFormat::kMermaid;
  if (name == "dot") return GraphFormat::kDot;
  if (name == "json") return GraphFormat::kJson;
  return Status::usage("unknown format " + json_string(name) +
                       did_you_mean(name, graph_format_names()) +
                       ": the formats are mermaid, dot and json");
}

std::string graph_text(const Dataflow& dataflow, GraphFormat format) {
  switch (format) {
    case GraphFormat::kMermaid: return mermaid(dataflow);
    case GraphFormat::kDot: return dot(dataflow);
    case GraphFormat::kJson: return json(dataflow);
  }
  return {};
}

}  // namespace streamhost
