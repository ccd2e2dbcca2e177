#include "manifest/step.h"

#include "base/json_text.h"
#include "base/units.h"
#include "manifest/table.h"

namespace streamhost {
namespace {

using Kind = Value::Kind;

class StepReader {
 public:
  StepReader(StepSpec& step, const Value& table, Diagnostics& diagnostics)
      : step_(step), table_(table), diagnostics_(diagnostics) {}

  void read() {
    bool has_use = false;
    bool has_from = false;
    for (const auto& [key, value] : table_.table) {
      if (key == "use") {
        has_use = true;
        use(value);
      } else if (key == "from") {
        has_from = true;
        from(value);
      } else if (key == "on_error") {
        on_error(value);
      } else if (key == "combine") {
        combine(value);
      } else if (key == "watermark") {
        watermark(value);
      } else {
        step_.options.emplace_back(key, value);
      }
    }
    if (!has_use) missing("use", "say which component it is, such as use = \"file.lines\"");
    if (!has_from && step_.kind != StepKind::kSource) {
      missing("from", "say whose records it reads, such as from = \"lines\"");
    }
  }

 private:
  std::string header() const {
    return std::string("[") + kind_name(step_.kind) + "." + step_.id + "]";
  }

  void error(const Location& where, std::string message) {
    diagnostics_.error(where, std::move(message));
  }

  void missing(const std::string& word, const std::string& advice) {
    std::string message = header() + " has no \"" + word + "\": " + advice;
    for (const auto& [key, value] : step_.options) {
      if (did_you_mean(key, {word}).empty()) continue;
      message += " (is \"" + key + "\" in line " + std::to_string(value.key_where.line) +
                 " meant to be it?)";
      break;
    }
    error(step_.where, std::move(message));
  }

  void use(const Value& value) {
    if (!expect_kind(value, Kind::kString, "use", diagnostics_)) return;
    step_.use_where = value.where;
    const size_t dot = value.string.find('.');
    if (dot == std::string::npos || !is_identifier(value.string.substr(0, dot)) ||
        !is_identifier(value.string.substr(dot + 1))) {
      error(value.where, "use: " + json_string(value.string) +
                             " is not a component: write \"plugin.component\", such as "
                             "\"file.lines\"");
      return;
    }
    step_.use = value.string;
  }

  void from(const Value& value) {
    if (step_.kind == StepKind::kSource) {
      error(value.key_where,
            "a source reads from no other step: remove \"from\", or make it an "
            "[operator." +
                step_.id + "]");
      return;
    }
    if (value.kind == Kind::kTable) {
      step_.named_sides = true;
      for (const auto& [side, entry] : value.table) {
        if (!is_identifier(side)) {
          error(entry.key_where,
                "from: " + json_string(side) +
                    " is not a name for an input (a-z, 0-9, _, and a letter first)");
          continue;
        }
        inputs(side, entry);
      }
    } else {
      inputs("", value);
    }
    const bool empty = value.kind == Kind::kTable ? value.table.empty()
                                                  : value.kind == Kind::kList && value.list.empty();
    if (empty) error(value.where, "from is empty: name at least one step");
  }

  // A step, or an array of them that are merged.
  void inputs(const std::string& side, const Value& value) {
    if (value.kind == Kind::kString) return input(side, value);
    if (value.kind != Kind::kList) {
      error(value.where,
            "from must name steps by strings, not by " + std::string(kind_name(value.kind)));
      return;
    }
    for (const Value& item : value.list) {
      if (expect_kind(item, Kind::kString, "each step in from", diagnostics_)) input(side, item);
    }
    if (!side.empty() && value.list.empty()) {
      error(value.where, "from: " + side + " is empty: name at least one step");
    }
  }

  void input(const std::string& side, const Value& value) {
    InputSpec input;
    input.side = side;
    input.where = value.where;
    const size_t dot = value.string.find('.');
    input.step = value.string.substr(0, dot);
    if (dot != std::string::npos) input.port = value.string.substr(dot + 1);
    if (!is_identifier(input.step) || (dot != std::string::npos && !is_identifier(input.port))) {
      error(value.where, "from: " + json_string(value.string) +
                             " is not a step: write \"step\" or \"step.port\"");
      return;
    }
    for (const InputSpec& other : step_.from) {
      if (other.side == input.side && other.step == input.step && other.port == input.port) {
        diagnostics_.warning(value.where,
                             "from names \"" + value.string + "\" twice: its records come twice");
      }
    }
    step_.from.push_back(std::move(input));
  }

  void on_error(const Value& value) {
    if (!expect_kind(value, Kind::kString, "on_error", diagnostics_)) return;
    if (value.string == "skip") {
      step_.on_error = OnError::kSkip;
    } else if (value.string != "fail") {
      error(value.where, "on_error must be \"fail\" or \"skip\", not " + json_string(value.string));
    }
  }

  void combine(const Value& value) {
    if (!expect_kind(value, Kind::kBool, "combine", diagnostics_)) return;
    step_.combine = value.boolean;
    step_.combine_where = value.where;
  }

  void watermark(const Value& value) {
    step_.watermark_where = value.where;
    if (!expect_kind(value, Kind::kTable, "watermark", diagnostics_)) return;
    if (step_.kind == StepKind::kSink) {
      error(value.where,
            "a sink has no watermark: it belongs to the source, or to the operator "
            "that sets the event time");
      return;
    }
    refuse_unknown_keys(value, "watermark", {"wait", "idle", "align"}, diagnostics_);
    WatermarkSpec spec;
    if (const Value* wait = find_key(value, "wait")) {
      if (const auto us = duration(*wait, "watermark.wait")) spec.wait_us = *us;
    } else {
      error(value.where,
            "watermark has no \"wait\": say how late records may be, such as "
            "{ wait = \"5s\" }");
    }
    if (const Value* idle = find_key(value, "idle")) {
      spec.idle_us = duration(*idle, "watermark.idle");
    }
    if (const Value* align = find_key(value, "align")) {
      if (expect_kind(*align, Kind::kBool, "watermark.align", diagnostics_)) {
        spec.align = align->boolean;
      }
    }
    step_.watermark = spec;
  }

  std::optional<int64_t> duration(const Value& value, const std::string& name) {
    if (!expect_kind(value, Kind::kString, name, diagnostics_)) return std::nullopt;
    const Result<int64_t> us = parse_duration(value.string);
    if (us) return *us;
    error(value.where, name + ": " + us.status().message());
    return std::nullopt;
  }

  StepSpec& step_;
  const Value& table_;
  Diagnostics& diagnostics_;
};

}  // namespace

const char* kind_name(StepKind kind) {
  switch (kind) {
    case StepKind::kSource: return "source";
    case StepKind::kOperator: return "operator";
    case StepKind::kSink: return "sink";
  }
  return "step";
}

StepSpec read_step(StepKind kind, const std::string& id, const Value& table,
                   Diagnostics& diagnostics) {
  StepSpec step;
  step.kind = kind;
  step.id = id;
  step.where = table.where;
  StepReader(step, table, diagnostics).read();
  return step;
}

}  // namespace streamhost
