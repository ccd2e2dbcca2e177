// A manifest as it was read: each step with what it says of itself, the settings, and the places of
// all of it. Nothing here knows plugins or the graph; dataflow/build.h makes that of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/value.h"
#include "manifest/settings.h"

namespace streamhost {

enum class StepKind { kSource, kOperator, kSink };

// The table's word: "source", "operator", "sink".
const char* kind_name(StepKind kind);

enum class OnError { kFail, kSkip };

// One arrow into a step, as `from` names it.
struct InputSpec {
  std::string side;  // the key in a `from` table; empty without one
  std::string step;
  std::string port;  // empty: the step's default output
  Location where;
};

// Host-owned word for event time; see the manifest reference.
struct WatermarkSpec {
  int64_t wait_us = 0;
  std::optional<int64_t> idle_us;
  bool align = true;
};

struct StepSpec {
  StepKind kind = StepKind::kOperator;
  std::string id;
  std::string use;  // "plugin.component"; empty when the manifest has none that is right
  std::vector<InputSpec> from;  // in the manifest's order
  bool named_sides = false;     // `from` is a table
  OnError on_error = OnError::kFail;
  std::optional<bool> combine;
  std::optional<WatermarkSpec> watermark;
  std::vector<std::pair<std::string, Value>> options;  // all other keys, in the manifest's order
  Location where;                                      // of the table
  Location use_where, combine_where, watermark_where;  // of the values; only when given
};

struct Document {
  // False when the text is not TOML, and nothing below means anything.
  bool readable = false;
  // Something that may have been meant as a step could not be read as one.
  bool incomplete = false;
  std::string name;                         // of the dataflow
  std::filesystem::path folder;             // of the manifest; relative names start here
  std::shared_ptr<const std::string> file;  // what messages call the manifest
  Settings settings;
  std::vector<StepSpec> steps;  // in the manifest's order
};

}  // namespace streamhost
