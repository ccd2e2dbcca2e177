// Builds dataflows in tests from the text of a manifest and the fake components.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "dataflow/build.h"
#include "dataflow/fake_components.h"
#include "manifest/parse_for_test.h"

namespace streamhost::testing {

struct Built {
  std::optional<Dataflow> dataflow;
  std::string text;  // mistakes and warnings
  Code code = Code::kOk;

  std::string ids() const {
    std::string all;
    for (const Step& step : dataflow->steps) all += (all.empty() ? "" : " ") + step.id;
    return all;
  }
  const Step& step(const std::string& id) const {
    for (const Step& step : dataflow->steps) {
      if (step.id == id) return step;
    }
    static const Step none;
    return none;
  }
  // The inputs of a step: "lines:0>0" for port 0 of lines into input 0, "e" for the errors port.
  std::string inputs(const std::string& id) const {
    std::string all;
    for (const Input& input : step(id).inputs) {
      if (!all.empty()) all += ' ';
      all += dataflow->steps[input.step].id + ":" +
             (input.output_port == kErrorsPort ? "e" : std::to_string(input.output_port)) + ">" +
             std::to_string(input.input_port);
    }
    return all;
  }
};

inline Built build_text(std::string_view text, FakeComponents& components) {
  Parsed parsed = parse(text);
  Result<Dataflow> dataflow = build(parsed.document, components.lookup(), parsed.diagnostics);
  Built built;
  built.text = parsed.text();
  built.code = dataflow.status().code();
  if (dataflow) built.dataflow = dataflow.take();
  return built;
}

// A source "in" in lines 1 to 3; what follows begins in line 4.
inline const std::string kSource = "[source.in]\nuse = \"t.in\"\npath = \"x\"\n";

// [KIND.ID] with use and from in three lines; `from` as in TOML, with its quotes.
inline std::string table(const std::string& header, const std::string& use,
                         const std::string& from) {
  return "[" + header + "]\nuse = \"" + use + "\"\nfrom = " + from + "\n";
}

}  // namespace streamhost::testing
