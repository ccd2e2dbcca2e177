#include "dataflow/build.h"
#include "dataflow/alignment.h"

#include <algorithm>
#include <set>

#include "base/units.h"
#include "dataflow/event_time.h"
#include "dataflow/order.h"
#include "dataflow/wiring.h"

namespace streamhost {
namespace {

Component::Kind component_kind(StepKind kind) {
  switch (kind) {
    case StepKind::kSource: return Component::Kind::kSource;
    case StepKind::kOperator: return Component::Kind::kOperator;
    case StepKind::kSink: return Component::Kind::kSink;
  }
  return Component::Kind::kOperator;
}

bool fits(StepKind step, Component::Kind component) {
  return component == component_kind(step) ||
         (step == StepKind::kOperator && component == Component::Kind::kKeyed);
}

// "an operator", "a sink": what a manifest calls a component of this kind.
std::string with_article(Component::Kind kind) {
  const std::string word = kind_name(kind);
  return (word.front() == 'o' || word.front() == 'a' ? "an " : "a ") + word;
}

bool can_combine(const Component& component) {
  return component.kind == Component::Kind::kKeyed &&
         (component.raw->keyed->flags & SH_KEYED_COMBINES) != 0;
}

// The first aggregate among the options whose states cannot be merged for certain; empty: none.
std::string unmergeable(const sh_config& options) {
  for (const auto& [name, value] : options.values) {
    for (const auto& used : value.components) {
      const sh_aggregate* aggregate = used->component.raw->aggregate;
      if (aggregate == nullptr) continue;
      if (aggregate->merge == nullptr || (aggregate->flags & SH_AGGREGATE_MERGE_BY_OPTIONS) != 0) {
        return used->component.id;
      }
    }
  }
  return "";
}

bool declares(const sh_component& component, std::string_view option) {
  for (uint32_t i = 0; i < component.option_count; ++i) {
    if (component.options[i]->name == option) return true;
  }
  return false;
}

class Builder {
 public:
  Builder(const Document& document, const ComponentLookup& lookup, Diagnostics& diagnostics)
      : document_(document), lookup_(lookup), diagnostics_(diagnostics) {}

  Result<Dataflow> run() {
    std::set<std::string> ids;
    for (const StepSpec& spec : document_.steps) {
      if (!ids.insert(spec.id).second) continue;  // reading it has reported the second one
      DraftStep draft;
      draft.spec = &spec;
      find_component(draft);
      drafts_.push_back(std::move(draft));
    }
    wire(drafts_, diagnostics_);
    require_both_ends();

    std::vector<std::vector<uint32_t>> upstream(drafts_.size());
    for (uint32_t i = 0; i < drafts_.size(); ++i) {
      for (const Input& input : drafts_[i].inputs) upstream[i].push_back(input.step);
    }
    const StepOrder order = order_steps(upstream);
    for (const std::vector<uint32_t>& cycle : order.cycles) report(cycle);

    for (const DraftStep& draft : drafts_) {
      // Only when the mistakes of reading it went to somebody else.
      if (!draft.component && !diagnostics_.has_errors()) {
        diagnostics_.error(draft.spec->where, "step \"" + draft.spec->id + "\" has no component");
      }
    }
    if (diagnostics_.has_errors()) return diagnostics_.status();
    warn_of_unread();
    return assemble(order.sequence);
  }

 private:
  void find_component(DraftStep& draft) {
    const StepSpec& spec = *draft.spec;
    if (spec.use.empty()) return;
    Result<Component> found = lookup_(spec.use, component_kind(spec.kind));
    if (!found) {
      const Status& status = found.status();
      if (status.code() == Code::kPlugin) {
        diagnostics_.plugin_error(spec.use_where, status.message());
      } else {
        diagnostics_.error(spec.use_where, status.message());
      }
      return;
    }
    if (!fits(spec.kind, found->kind)) {
      diagnostics_.error(spec.use_where, spec.use + " is " + with_article(found->kind) +
                                             ": it cannot be used in [" + kind_name(spec.kind) +
                                             "." + spec.id + "]");
      return;
    }
    draft.component = found.take();
    const Component& component = *draft.component;
    auto options = spec.options;
    if (!declares(*component.raw, "ttl")) take_ttl(draft, options);
    draft.options = std::make_shared<sh_config>(check_options(*component.raw, component.id, options,
                                                              document_.folder.string(), spec.where,
                                                              lookup_, diagnostics_));
    find_combining(draft);
    if (spec.watermark && component.kind == Component::Kind::kKeyed) {
      diagnostics_.error(spec.watermark_where,
                         component.id +
                             " is keyed, and takes its watermark from upstream: move "
                             "\"watermark\" to the source, or to the step that sets the "
                             "event time");
    }
  }

  // The host's own word for keyed steps, unless the component has an option of that name.
  void take_ttl(DraftStep& draft, std::vector<std::pair<std::string, Value>>& options) {
    const auto it = std::find_if(options.begin(), options.end(),
                                 [](const auto& option) { return option.first == "ttl"; });
    if (it == options.end()) return;
    const Value value = it->second;
    options.erase(it);
    if (draft.component->kind != Component::Kind::kKeyed) {
      diagnostics_.error(
          value.key_where.line != 0 ? value.key_where : value.where,
          "\"ttl\" is for steps with states by key, and " + draft.component->id + " has none");
      return;
    }
    if (value.kind != Value::Kind::kString) {
      diagnostics_.error(value.where, "ttl must be a duration, such as \"1h\"");
      return;
    }
    const Result<int64_t> us = parse_duration(value.string);
    if (!us) {
      diagnostics_.error(value.where, "ttl: " + us.status().message());
    } else if (*us <= 0) {
      diagnostics_.error(value.where,
                         "ttl must be longer than nothing; without \"ttl\" states are kept");
    } else {
      draft.ttl_us = *us;
    }
  }

  void find_combining(DraftStep& draft) {
    const StepSpec& spec = *draft.spec;
    const Component& component = *draft.component;
    const bool asked = spec.combine.value_or(false);
    draft.combine = spec.combine.value_or(true);
    if (asked && !can_combine(component)) {
      diagnostics_.error(spec.combine_where,
                         component.id +
                             " cannot combine before the exchange, because its states "
                             "cannot be merged: remove \"combine\"");
    }
    // What is combined is sent away with each epoch: the time that a key was seen last with it.
    if (draft.ttl_us) {
      if (asked) {
        diagnostics_.error(spec.combine_where,
                           "a step with \"ttl\" does not combine before the exchange: remove one "
                           "of them");
      }
      draft.combine = false;
    }
    const std::string aggregate = can_combine(component) ? unmergeable(*draft.options) : "";
    if (aggregate.empty()) return;
    draft.combine = false;
    if (asked) {
      diagnostics_.error(spec.combine_where,
                         aggregate +
                             " cannot combine before the exchange, because its states cannot be "
                             "merged: remove \"combine\"");
    }
  }

  void require_both_ends() {
    if (document_.incomplete) return;  // what is missing may be what could not be read
    bool source = false;
    bool sink = false;
    // Of all steps as they were written: one whose id is taken is a mistake of its own.
    for (const StepSpec& spec : document_.steps) {
      source |= spec.kind == StepKind::kSource;
      sink |= spec.kind == StepKind::kSink;
    }
    const Location where{document_.file, 0, 0};
    if (drafts_.empty()) {
      diagnostics_.error(where,
                         "there are no steps: a dataflow needs at least a [source.ID] and a "
                         "[sink.ID]");
    } else if (!source) {
      diagnostics_.error(where,
                         "there is no source, so nothing would ever come in: add a "
                         "[source.ID]");
    } else if (!sink) {
      diagnostics_.error(where, "there is no sink, so nothing would come out: add a [sink.ID]");
    }
  }

  void report(const std::vector<uint32_t>& cycle) {
    std::string names;
    for (const uint32_t step : cycle) names += drafts_[step].spec->id + " -> ";
    const StepSpec& first = *drafts_[cycle.front()].spec;
    const std::string& before = drafts_[cycle.back()].spec->id;
    Location where = first.where;
    for (const InputSpec& input : first.from) {
      if (input.step == before) where = input.where;
    }
    diagnostics_.error(where, "the records would go round in a circle: " + names + first.id);
  }

  void warn_of_unread() {
    for (const DraftStep& draft : drafts_) {
      if (draft.read || draft.spec->kind == StepKind::kSink) continue;
      diagnostics_.warning(draft.spec->where, std::string("nobody reads the ") +
                                                  kind_name(draft.spec->kind) + " \"" +
                                                  draft.spec->id + "\": its records go nowhere");
    }
  }

  Dataflow assemble(const std::vector<uint32_t>& sequence) {
    std::vector<uint32_t> place(drafts_.size());
    for (uint32_t i = 0; i < sequence.size(); ++i) place[sequence[i]] = i;
    Dataflow dataflow;
    dataflow.name = document_.name;
    dataflow.run = document_.settings.run;
    dataflow.recovery = document_.settings.recovery;
    dataflow.cluster = document_.settings.cluster;
    for (const uint32_t index : sequence) {
      DraftStep& draft = drafts_[index];
      Step step;
      step.id = draft.spec->id;
      step.component = *draft.component;
      step.options = draft.options;
      step.inputs = std::move(draft.inputs);
      for (Input& input : step.inputs) input.step = place[input.step];
      step.on_error = draft.spec->on_error;
      step.combine = draft.combine;
      step.ttl_us = draft.ttl_us;
      step.errors_wired = draft.errors_wired;
      step.watermark = draft.spec->watermark;
      step.where = draft.spec->where;
      dataflow.steps.push_back(std::move(step));
    }
    find_event_time(dataflow);
    find_alignment(dataflow);
    return dataflow;
  }

  const Document& document_;
  const ComponentLookup& lookup_;
  Diagnostics& diagnostics_;
  std::vector<DraftStep> drafts_;
};

}  // namespace

Result<Dataflow> build(const Document& document, const ComponentLookup& lookup,
                       Diagnostics& diagnostics) {
  if (!document.readable) return diagnostics.status();
  return Builder(document, lookup, diagnostics).run();
}

}  // namespace streamhost
