// Arbitrary bytes as a manifest, through everything that happens to it before plugins are loaded:
// TOML, settings, steps, the graph, its drawing. The bytes must never do more than earn messages.
#include <streamhost/abi.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "dataflow/build.h"
#include "dataflow/graph_text.h"
#include "manifest/manifest.h"
#include "manifest/overrides.h"

namespace {

using streamhost::Component;
using streamhost::Result;
using streamhost::Status;

// What plugins would offer: a component of every kind that is asked for, with options of every
// type.
class Components {
 public:
  Components() {
    for (int32_t type = SH_TYPE_STRING; type <= SH_TYPE_ANY; ++type) {
      sh_option& option = options_[type];
      option.struct_size = sizeof(sh_option);
      option.type = type;
      option.name = kNames[type];
      option.help = "";
      list_[type] = &option;
    }
    options_[SH_TYPE_STRING].flags = SH_OPTION_PATH;
    keyed_.struct_size = sizeof(sh_keyed);
    keyed_.flags = SH_KEYED_COMBINES;
    for (sh_component* component : {&plain_, &any_, &join_}) {
      component->struct_size = sizeof(sh_component);
      component->name = "c";
      component->options = list_;
      component->option_count = SH_TYPE_ANY + 1;
      component->outputs = kOutputs;
      component->output_count = 2;
      component->keyed = &keyed_;
    }
    any_.flags = SH_COMPONENT_ANY_INPUTS;
    join_.inputs = kInputs;
    join_.input_count = 2;
  }

  Result<Component> find(const std::string& id, Component::Kind kind) const {
    if (id.starts_with("gone")) return Status(streamhost::Code::kPlugin, "it is gone");
    if (id.starts_with("none")) return Status::usage("there is none");
    if (id.ends_with("keyed") && kind == Component::Kind::kOperator) kind = Component::Kind::kKeyed;
    const sh_component* raw = &plain_;
    if (id.ends_with("any")) raw = &any_;
    if (id.ends_with("join")) raw = &join_;
    return Component{kind, id, raw, nullptr};
  }

 private:
  static constexpr const char* kNames[] = {"string", "int",  "float", "bool", "duration",
                                           "size",   "time", "list",  "map",  "any"};
  static constexpr sh_port kOutputs[] = {{"out", ""}, {"late", ""}};
  static constexpr sh_port kInputs[] = {{"left", ""}, {"right", ""}};
  sh_option options_[SH_TYPE_ANY + 1] = {};
  const sh_option* list_[SH_TYPE_ANY + 1] = {};
  sh_keyed keyed_{};
  sh_component plain_{}, any_{}, join_{};
};

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Components components;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const streamhost::Environment environment =
      [](const std::string& name) -> std::optional<std::string> {
    if (name == "HOME") return "/home/somebody";
    return std::nullopt;
  };

  streamhost::Diagnostics diagnostics;
  // A folder that does not exist, so that ${file:...} finds nothing by a relative name.
  streamhost::Document document =
      streamhost::parse_manifest(text, "/nonexistent/job.toml", environment, diagnostics);
  require(document.readable || diagnostics.has_errors());
  streamhost::apply_overrides({}, environment, document.settings, diagnostics);
  const Result<streamhost::Dataflow> dataflow = streamhost::build(
      document,
      [](const std::string& id, Component::Kind kind) { return components.find(id, kind); },
      diagnostics);
  require(dataflow.is_ok() != diagnostics.has_errors());
  require(dataflow.is_ok() || !diagnostics.text().empty());
  if (!dataflow) return 0;
  for (uint32_t i = 0; i < dataflow->steps.size(); ++i) {
    for (const streamhost::Input& input : dataflow->steps[i].inputs) require(input.step < i);
  }
  for (const auto format : {streamhost::GraphFormat::kMermaid, streamhost::GraphFormat::kDot,
                            streamhost::GraphFormat::kJson}) {
    require(streamhost::graph_text(*dataflow, format).ends_with('\n'));
  }
  return 0;
}
