#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "base/json_text.h"
#include "plugin/catalog.h"
#include "plugin/option_value.h"
#include "plugin/tables.h"

namespace streamhost {

namespace {

constexpr std::array<std::string_view, 5> kHostWords = {"use", "from", "on_error", "combine",
                                                        "watermark"};
constexpr uint32_t kLargestAlign = 64;
constexpr uint32_t kLargestState = 1u << 24;  // bytes

std::string quoted(const char* text) { return text == nullptr ? "(no name)" : json_string(text); }

constexpr const char* kNameRule =
    " is not a name: a small letter, then small letters, digits and underscores";

// The mistakes in one component, each with the component's name before it.
class ComponentCheck {
 public:
  ComponentCheck(const sh_component& component, std::vector<std::string>& problems)
      : c_(component), where_("component " + quoted(component.name)), problems_(problems) {}

  void run() {
    if (!is_name(c_.name)) problems_.push_back(where_ + ": " + quoted(c_.name) + kNameRule);
    expect_flags(c_.flags, SH_COMPONENT_ANY_INPUTS, "sh_component");
    if (c_.lifecycle == nullptr) {
      say("it has no lifecycle (create, destroy)");
    } else {
      expect_flags(c_.lifecycle->flags, 0, "sh_lifecycle");
      need(c_.lifecycle->create != nullptr, "lifecycle", "create");
      need(c_.lifecycle->destroy != nullptr, "lifecycle", "destroy");
    }
    kind();
    ports("output", c_.outputs, c_.output_count);
    ports("input", c_.inputs, c_.input_count);
    if ((c_.flags & SH_COMPONENT_ANY_INPUTS) != 0 && c_.input_count != 0) {
      say("it lists its inputs and yet takes any (SH_COMPONENT_ANY_INPUTS)");
    }
    options(c_.options, c_.option_count, "");
  }

 private:
  void say(const std::string& what) { problems_.push_back(where_ + ": " + what); }
  void need(bool there, const std::string& table, const std::string& slot) {
    if (!there) say("its " + table + " lacks the function \"" + slot + "\"");
  }
  void expect_flags(uint32_t flags, uint32_t known, const std::string& what) {
    if ((flags & ~known) != 0) say("unknown flags in its " + what);
  }

  void kind() {
    const int kinds = (c_.source != nullptr) + (c_.op != nullptr) + (c_.keyed != nullptr) +
                      (c_.sink != nullptr) + (c_.aggregate != nullptr);
    if (kinds != 1) {
      say(std::string(kinds == 0 ? "it has none" : "it has more than one") +
          " of source, op, keyed, sink and aggregate, and must have exactly one");
    }
    if (c_.source != nullptr) source(*c_.source);
    if (c_.op != nullptr) expect_flags(c_.op->flags, SH_OPERATOR_REDISTRIBUTE, "sh_operator");
    if (c_.keyed != nullptr) keyed(*c_.keyed);
    if (c_.sink != nullptr) sink(*c_.sink);
    if (c_.aggregate != nullptr) aggregate(*c_.aggregate);
  }

  void source(const sh_source& source) {
    expect_flags(source.flags, 0, "sh_source");
    need(source.partitions != nullptr, "source", "partitions");
    need(source.open != nullptr, "source", "open");
    need(source.poll != nullptr, "source", "poll");
    need(source.close != nullptr, "source", "close");
    if (c_.input_count != 0 || (c_.flags & SH_COMPONENT_ANY_INPUTS) != 0) {
      say("a source has no inputs");
    }
  }

  void sink(const sh_sink& sink) {
    expect_flags(sink.flags, SH_SINK_TRANSACTIONAL, "sh_sink");
    need(sink.open != nullptr, "sink", "open");
    need(sink.write != nullptr, "sink", "write");
    need(sink.close != nullptr, "sink", "close");
    if ((sink.flags & SH_SINK_TRANSACTIONAL) != 0) {
      need(sink.prepare != nullptr, "transactional sink", "prepare");
      need(sink.commit != nullptr, "transactional sink", "commit");
    }
    if (c_.output_count != 0) say("a sink has no outputs");
  }

  void keyed(const sh_keyed& keyed) {
    expect_flags(keyed.flags, SH_KEYED_COMBINES, "sh_keyed");
    need(keyed.process != nullptr, "keyed operator", "process");
    if ((keyed.flags & SH_KEYED_COMBINES) != 0 && keyed.merge == nullptr) {
      say("it says SH_KEYED_COMBINES but lacks the function \"merge\"");
    }
    state("keyed operator", keyed);
  }

  void aggregate(const sh_aggregate& aggregate) {
    expect_flags(aggregate.flags, SH_AGGREGATE_MERGE_BY_OPTIONS | SH_AGGREGATE_MERGE_KEEPS,
                 "sh_aggregate");
    need(aggregate.add != nullptr, "aggregate", "add");
    need(aggregate.finish != nullptr, "aggregate", "finish");
    state("aggregate", aggregate);
    if (c_.output_count != 0) say("an aggregate has no outputs");
  }

  template <class Table>
  void state(const std::string& what, const Table& table) {
    const uint32_t align = table.state_align;
    if (align == 0 || (align & (align - 1)) != 0 || align > kLargestAlign) {
      say("state_align is " + std::to_string(align) + ", and must be a power of two up to 64");
    }
    if (table.state_size > kLargestState) {
      say("state_size is " + std::to_string(table.state_size) +
          " bytes, and may be 16 MiB at most");
    }
    if ((table.save == nullptr) != (table.restore == nullptr)) {
      say("its " + what + " has one of \"save\" and \"restore\", and needs both or neither");
    } else if (table.save == nullptr && table.drop != nullptr) {
      say("its " + what +
          " has \"drop\" but no \"save\" and \"restore\": a state that owns something cannot be "
          "stored as it lies in memory");
    }
  }

  void ports(const std::string& what, const sh_port* ports, uint32_t count) {
    std::set<std::string_view> seen;
    for (uint32_t i = 0; i < count; ++i) {
      const char* name = ports[i].name;
      if (!is_name(name)) {
        say(what + " " + quoted(name) + kNameRule);
      } else if (what == "output" && std::string_view(name) == "errors") {
        say("the output \"errors\" is the host's own");
      } else if (!seen.insert(name).second) {
        say("two " + what + "s are called " + quoted(name));
      }
    }
  }

  // `path`: of the table that the options are fields of, "window."; empty outside of one.
  void options(const sh_option* const* list, uint32_t count, const std::string& path) {
    std::set<std::string_view> seen;
    for (uint32_t i = 0; i < count; ++i) {
      const sh_option& o = *list[i];
      const std::string name = o.name == nullptr ? quoted(o.name) : quoted((path + o.name).c_str());
      const std::string which = "option " + name;
      if (!is_name(o.name)) {
        say(which + kNameRule);
      } else if (path.empty() && is_host_word(o.name)) {
        say(which + ": the word is the host's own");
      } else if (!seen.insert(o.name).second) {
        say("two options are called " + name);
      }
      if (Status status = check_option(o); !status) say(which + ": " + status.message());
      if (o.name != nullptr) options(o.fields, o.field_count, path + o.name + ".");
    }
  }

  const sh_component& c_;
  const std::string where_;
  std::vector<std::string>& problems_;
};

// Sources, operators, sinks and aggregates are named apart: `file.lines` may be a source and a
// sink.
std::string_view name_space(const sh_component& c) {
  if (c.source != nullptr) return "source";
  if (c.sink != nullptr) return "sink";
  if (c.aggregate != nullptr) return "aggregate";
  return "operator";
}

}  // namespace

bool is_name(const char* text) {
  if (text == nullptr || *text < 'a' || *text > 'z') return false;
  return std::all_of(text, text + std::string_view(text).size(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool is_host_word(const std::string& option) {
  return std::find(kHostWords.begin(), kHostWords.end(), option) != kHostWords.end();
}

std::vector<std::string> check_tables(const sh_plugin& plugin, const std::string& file_name) {
  std::vector<std::string> problems;
  if (!is_name(plugin.name)) {
    problems.push_back(quoted(plugin.name) + kNameRule);
  } else if (plugin.name != file_name) {
    problems.push_back("its name is " + quoted(plugin.name) + ", so the file must be called " +
                       plugin.name + ".so");
  }
  if (plugin.flags != 0) problems.emplace_back("unknown flags in its sh_plugin");
  if (plugin.version == nullptr || *plugin.version == '\0') {
    problems.emplace_back("it has no version");
  }
  if (plugin.license == nullptr || *plugin.license == '\0') {
    problems.emplace_back("it has no license");
  }
  if (plugin.component_count == 0) problems.emplace_back("it has no components");
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (uint32_t i = 0; i < plugin.component_count; ++i) {
    const sh_component& c = *plugin.components[i];
    ComponentCheck(c, problems).run();
    if (c.name != nullptr && !seen.emplace(name_space(c), c.name).second) {
      problems.push_back("two components are called " + quoted(c.name));
    }
  }
  return problems;
}

}  // namespace streamhost
