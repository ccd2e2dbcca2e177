// Components for tests of the graph: tables as plugins declare them, but no code behind them.
#pragma once

#include <streamhost/abi.h>

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "dataflow/build.h"

namespace streamhost::testing {

// What plugins would offer. Owns all tables; must outlive the dataflows built from it.
class FakeComponents {
 public:
  // The ones that most tests use:
  //   t.in      source; option path (required string), limit (int from 1 to 10)
  //   t.map     operator without options
  //   t.branch  operator with outputs yes and no
  //   t.count   keyed, can combine
  //   t.last    keyed, cannot
  //   t.join    keyed, inputs left and right
  //   t.merge   operator whose inputs the manifest names
  //   t.out     sink
  //   t.window  keyed; table window: kind (required, tumbling or session), length, table bounds
  //             with greatest (int at least 1, by default 7); component value, components more
  //   t.sum     aggregate
  //   t.top     aggregate; option n (required int)
  FakeComponents() {
    sh_component* in = add("t.in", Component::Kind::kSource);
    option(in, "path", SH_TYPE_STRING, SH_OPTION_REQUIRED);
    sh_option* limit = option(in, "limit", SH_TYPE_INT, SH_OPTION_HAS_MIN | SH_OPTION_HAS_MAX);
    limit->min = 1;
    limit->max = 10;
    add("t.map", Component::Kind::kOperator);
    static const sh_port branch[] = {{"yes", ""}, {"no", ""}};
    sh_component* b = add("t.branch", Component::Kind::kOperator);
    b->outputs = branch;
    b->output_count = 2;
    add("t.count", Component::Kind::kKeyed, SH_KEYED_COMBINES);
    add("t.last", Component::Kind::kKeyed);
    static const sh_port sides[] = {{"left", ""}, {"right", ""}};
    sh_component* join = add("t.join", Component::Kind::kKeyed);
    join->inputs = sides;
    join->input_count = 2;
    add("t.merge", Component::Kind::kOperator)->flags = SH_COMPONENT_ANY_INPUTS;
    add("t.out", Component::Kind::kSink);
    sh_component* w = add("t.window", Component::Kind::kKeyed);
    sh_option* window = option(w, "window", SH_TYPE_TABLE, 0);
    static const char* const kinds[] = {"tumbling", "session"};
    sh_option* kind = field(window, "kind", SH_TYPE_STRING, SH_OPTION_REQUIRED);
    kind->choices = kinds;
    kind->choice_count = 2;
    field(window, "length", SH_TYPE_DURATION, 0);
    sh_option* bounds = field(window, "bounds", SH_TYPE_TABLE, 0);
    sh_option* greatest = field(bounds, "greatest", SH_TYPE_INT, SH_OPTION_HAS_MIN);
    greatest->min = 1;
    greatest->default_text = "7";
    option(w, "value", SH_TYPE_COMPONENT, 0);
    option(w, "more", SH_TYPE_COMPONENT, SH_OPTION_NAMED);
    add("t.sum", Component::Kind::kAggregate);
    option(add("t.top", Component::Kind::kAggregate), "n", SH_TYPE_INT, SH_OPTION_REQUIRED);
  }
  FakeComponents(const FakeComponents&) = delete;
  FakeComponents& operator=(const FakeComponents&) = delete;

  sh_component* add(const std::string& id, Component::Kind kind, uint32_t keyed_flags = 0) {
    Table& table = tables_[id];
    table.kind = kind;
    table.name = id.substr(id.find('.') + 1);
    table.keyed.struct_size = sizeof(sh_keyed);
    table.keyed.flags = keyed_flags;
    sh_component& raw = table.raw;
    raw.struct_size = sizeof(sh_component);
    raw.name = table.name.c_str();
    raw.summary = "";
    if (kind == Component::Kind::kKeyed) raw.keyed = &table.keyed;
    return &raw;
  }

  sh_option* option(sh_component* component, const char* name, int32_t type, uint32_t flags) {
    sh_option* made = make_option(name, type, flags);
    std::vector<const sh_option*>& list = lists_[component];
    list.push_back(made);
    component->options = list.data();
    component->option_count = static_cast<uint32_t>(list.size());
    return made;
  }
  // The same in an option of type table.
  sh_option* field(sh_option* table, const char* name, int32_t type, uint32_t flags) {
    sh_option* made = make_option(name, type, flags);
    std::vector<const sh_option*>& list = lists_[table];
    list.push_back(made);
    table->fields = list.data();
    table->field_count = static_cast<uint32_t>(list.size());
    return made;
  }

  // As Catalog::find: components of plugin "gone" cannot be loaded, others may be unknown or of
  // another kind.
  ComponentLookup lookup() {
    return [this](const std::string& id, Component::Kind kind) -> Result<Component> {
      if (id.starts_with("gone.")) {
        return Status(Code::kPlugin, "plugin \"gone\" is in none of the directories");
      }
      const auto it = tables_.find(id);
      if (it == tables_.end()) return Status::usage("there is no component \"" + id + "\"");
      const Component::Kind found = it->second.kind;
      if (!strict_ || found == kind ||
          (found == Component::Kind::kKeyed && kind == Component::Kind::kOperator)) {
        return Component{found, id, &it->second.raw, nullptr};
      }
      return Status::usage("component \"" + id + "\" is a " + kind_name(found));
    };
  }
  // From now on the lookup hands out components of any kind.
  void ignore_kinds() { strict_ = false; }

 private:
  struct Table {
    Component::Kind kind{};
    std::string name;
    sh_component raw{};
    sh_keyed keyed{};
  };
  sh_option* make_option(const char* name, int32_t type, uint32_t flags) {
    sh_option& made = options_.emplace_back();
    made.struct_size = sizeof(sh_option);
    made.type = type;
    made.flags = flags;
    made.name = name;
    made.help = "";
    return &made;
  }

  std::map<std::string, Table> tables_;
  std::deque<sh_option> options_;
  std::map<void*, std::vector<const sh_option*>> lists_;  // by component or table
  bool strict_ = true;
};

}  // namespace streamhost::testing
