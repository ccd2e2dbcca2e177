#include "dataflow/wiring.h"

#include <algorithm>

namespace streamhost {
namespace {

std::string listed(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
  return list;
}

class Wiring {
 public:
  Wiring(std::vector<DraftStep>& drafts, Diagnostics& diagnostics)
      : drafts_(drafts), diagnostics_(diagnostics) {
    for (uint32_t i = 0; i < drafts_.size(); ++i) by_id_.emplace(drafts_[i].spec->id, i);
  }

  void run() {
    for (DraftStep& reader : drafts_) {
      if (reader.spec->kind == StepKind::kSource) continue;
      const std::vector<std::string> names = input_names(reader);
      if (reader.options) reader.options->inputs = names;
      for (const InputSpec& spec : reader.spec->from) {
        Input input;
        const auto position = std::find(names.begin(), names.end(), spec.side);
        if (position != names.end()) {
          input.input_port = static_cast<uint32_t>(position - names.begin());
        }
        if (resolve(*reader.spec, spec, input)) reader.inputs.push_back(input);
      }
    }
  }

 private:
  // The reader's inputs in the order of their ports, after checking that `from` fits them. One
  // empty name stands for a single unnamed input.
  std::vector<std::string> input_names(const DraftStep& reader) {
    const StepSpec& spec = *reader.spec;
    std::vector<std::string> sides;
    for (const InputSpec& input : spec.from) {
      if (std::find(sides.begin(), sides.end(), input.side) == sides.end()) {
        sides.push_back(input.side);
      }
    }
    if (sides.empty()) sides.emplace_back();
    if (!reader.component || spec.from.empty()) return sides;
    const Component& component = *reader.component;
    if ((component.raw->flags & SH_COMPONENT_ANY_INPUTS) != 0) return sides;

    const Location& where = spec.from.front().where;
    if (component.raw->input_count == 0) {
      if (spec.named_sides) {
        diagnostics_.error(where, component.id + " has one input without a name: write from = \"" +
                                      spec.from.front().step + "\", or an array of steps to merge");
      }
      return sides;
    }
    std::vector<std::string> names;
    for (uint32_t i = 0; i < component.raw->input_count; ++i) {
      names.emplace_back(component.raw->inputs[i].name);
    }
    if (!spec.named_sides) {
      if (names.size() == 1) return {std::string()};
      std::string example;
      for (const std::string& name : names) {
        example += (example.empty() ? "" : ", ") + name + " = \"...\"";
      }
      diagnostics_.error(where, component.id + " has the inputs " + listed(names) +
                                    ": write from = { " + example + " }");
      return names;
    }
    for (const InputSpec& input : spec.from) {
      if (std::find(names.begin(), names.end(), input.side) != names.end()) continue;
      diagnostics_.error(input.where, component.id + " has no input \"" + input.side + "\"" +
                                          did_you_mean(input.side, names) +
                                          "; it has: " + listed(names));
    }
    for (const std::string& name : names) {
      if (std::find(sides.begin(), sides.end(), name) != sides.end()) continue;
      diagnostics_.error(where,
                         "from feeds nothing to the input \"" + name + "\" of " + component.id);
    }
    return names;
  }

  // Finds the step and the port that `spec` names; false when there is no such thing to read.
  bool resolve(const StepSpec& reader, const InputSpec& spec, Input& input) {
    const auto found = by_id_.find(spec.step);
    if (found == by_id_.end()) {
      std::vector<std::string> known;
      for (const DraftStep& draft : drafts_) {
        if (draft.spec->id != reader.id) known.push_back(draft.spec->id);
      }
      diagnostics_.error(spec.where,
                         "unknown step \"" + spec.step + "\"" + did_you_mean(spec.step, known));
      return false;
    }
    input.step = found->second;
    DraftStep& writer = drafts_[input.step];
    if (spec.port == "errors") {
      input.output_port = kErrorsPort;
      writer.errors_wired = true;
      return true;
    }
    if (writer.spec->kind == StepKind::kSink) {
      diagnostics_.error(spec.where, "\"" + spec.step +
                                         "\" is a sink: nothing can be read from it but \"" +
                                         spec.step + ".errors\"");
      return false;
    }
    writer.read = true;
    return !writer.component || spec.port.empty() || find_port(writer, spec, input);
  }

  bool find_port(const DraftStep& writer, const InputSpec& spec, Input& input) {
    std::vector<std::string> ports = output_names(*writer.component);
    const auto port = std::find(ports.begin(), ports.end(), spec.port);
    if (port != ports.end()) {
      input.output_port = static_cast<uint32_t>(port - ports.begin());
      return true;
    }
    ports.emplace_back("errors");
    diagnostics_.error(spec.where, "step \"" + spec.step + "\" (" + writer.component->id +
                                       ") has no port \"" + spec.port + "\"" +
                                       did_you_mean(spec.port, ports) +
                                       "; it has: " + listed(ports));
    return false;
  }

  std::vector<DraftStep>& drafts_;
  Diagnostics& diagnostics_;
  std::map<std::string, uint32_t> by_id_;
};

}  // namespace

void wire(std::vector<DraftStep>& drafts, Diagnostics& diagnostics) {
  Wiring(drafts, diagnostics).run();
}

}  // namespace streamhost
