#include "plugin/describe.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/diagnostics.h"
#include "base/json_text.h"
#include "plugin/describe_parts.h"
#include "plugin/option_text.h"

namespace streamhost {

namespace {

using Row = std::vector<std::string>;

// Columns on a terminal: code points, near enough.
size_t width(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// Rows of as many cells as `headings`, in aligned columns; columns without content are left out,
// and so are the headings when all of them are empty.
std::string table(const Row& headings, std::vector<Row> rows, const std::string& indent) {
  std::vector<size_t> widths(headings.size(), 0);
  for (size_t c = 0; c < widths.size(); ++c) {
    for (const Row& row : rows) widths[c] = std::max(widths[c], width(row[c]));
    if (widths[c] != 0) widths[c] = std::max(widths[c], width(headings[c]));
  }
  const bool named = std::any_of(headings.begin(), headings.end(),
                                 [](const std::string& heading) { return !heading.empty(); });
  if (named) rows.insert(rows.begin(), headings);
  std::string text;
  for (const Row& row : rows) {
    std::string line = indent;
    for (size_t c = 0; c < widths.size(); ++c) {
      if (widths[c] == 0) continue;
      line += row[c] + std::string(widths[c] - width(row[c]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

// What a value may be: "1 to 10", "at least 0s", "fast | slow".
std::string values_text(const sh_option& o) {
  std::string choices;
  for (uint32_t i = 0; i < o.choice_count; ++i) {
    choices += (i == 0 ? "" : " | ") + std::string(o.choices[i]);
  }
  if (o.type == SH_TYPE_COMPONENT) {
    if (choices.empty()) choices = "aggregate";
    return (o.flags & SH_OPTION_NAMED) == 0 ? choices : choices + ", or { NAME = " + choices + " }";
  }
  if (!choices.empty()) return choices;
  const bool has_min = (o.flags & SH_OPTION_HAS_MIN) != 0;
  const bool has_max = (o.flags & SH_OPTION_HAS_MAX) != 0;
  const std::string min = format_number(o.type, o.min), max = format_number(o.type, o.max);
  if (has_min && has_max) return min + " to " + max;
  if (has_min) return "at least " + min;
  return has_max ? "at most " + max : "";
}

std::string default_text(const sh_option& o) {
  if ((o.flags & SH_OPTION_REQUIRED) != 0) return "required";
  if (o.default_text == nullptr) return "";
  return *o.default_text == '\0' ? "\"\"" : o.default_text;
}

std::string help_text(const sh_option& o) {
  std::string text = o.help;
  const auto mark = [&](uint32_t flag, const char* word) {
    if ((o.flags & flag) != 0) text += (text.empty() ? "" : " ") + std::string(word);
  };
  mark(SH_OPTION_PATH, "(path)");
  mark(SH_OPTION_SECRET, "(secret)");
  mark(SH_OPTION_DEPRECATED, "(deprecated)");
  return text;
}

std::string ports_text(const std::string& heading, const sh_port* ports, uint32_t count) {
  if (count == 0) return {};
  std::vector<Row> rows;
  for (uint32_t i = 0; i < count; ++i) rows.push_back({ports[i].name, ports[i].help});
  return "  " + heading + ":\n" + table({"", ""}, std::move(rows), "    ");
}

// A row for each option; the fields of a table stand under it, indented.
void add_options(const sh_option* const* options, uint32_t count, const std::string& indent,
                 std::vector<Row>& rows) {
  for (uint32_t i = 0; i < count; ++i) {
    const sh_option& o = *options[i];
    rows.push_back(
        {indent + o.name, type_name(o.type), default_text(o), values_text(o), help_text(o)});
    add_options(o.fields, o.field_count, indent + "  ", rows);
  }
}

std::string component_text(const Component& component) {
  const sh_component& c = *component.raw;
  std::string text = component.id + " (" + exact_kind_name(component.kind) + ")";
  if (*c.summary != '\0') text += ": " + std::string(c.summary);
  text += "\n";
  if ((c.flags & SH_COMPONENT_ANY_INPUTS) != 0) text += "  inputs: any, named in the manifest\n";
  text += ports_text("inputs", c.inputs, c.input_count);
  text += ports_text("outputs", c.outputs, c.output_count);
  if (state_version(component) != 0) {
    text += "  state version: " + std::to_string(state_version(component)) + "\n";
  }
  if (c.option_count == 0) return text;
  std::vector<Row> rows;
  add_options(c.options, c.option_count, "", rows);
  return text + table({"OPTION", "TYPE", "DEFAULT", "VALUES", ""}, std::move(rows), "  ");
}

// "  sources     csv, lines" for each kind that is there.
std::string component_names_text(const Plugin& plugin) {
  std::vector<Row> rows;
  for (const Component& component : Catalog::components(plugin)) {
    const std::string kind = std::string(kind_name(component.kind)) + "s";
    if (rows.empty() || rows.back()[0] != kind) {
      rows.push_back({kind, component.raw->name});
    } else {
      rows.back()[1] += std::string(", ") + component.raw->name;
    }
  }
  return table({"", ""}, std::move(rows), "  ");
}

}  // namespace

const char* exact_kind_name(Component::Kind kind) {
  return kind == Component::Kind::kKeyed ? "keyed operator" : kind_name(kind);
}

uint32_t state_version(const Component& component) {
  if (component.raw->keyed != nullptr) return component.raw->keyed->state_version;
  if (component.raw->aggregate != nullptr) return component.raw->aggregate->state_version;
  return 0;
}

Result<Subject> find_subject(Catalog& catalog, const std::string& id) {
  const size_t dot = id.find('.');
  Result<const Plugin*> plugin = catalog.load(id.substr(0, dot));
  if (!plugin) return plugin.status();
  Subject subject{*plugin, Catalog::components(**plugin), dot == std::string::npos};
  if (subject.whole_plugin) return subject;
  std::vector<std::string> known;
  for (const Component& component : subject.components) known.push_back(component.id);
  std::erase_if(subject.components, [&](const Component& c) { return c.id != id; });
  if (subject.components.empty()) {
    return Status::usage("plugin " + json_string(subject.plugin->name) + " has no component " +
                         json_string(id.substr(dot + 1)) + did_you_mean(id, known));
  }
  return subject;
}

std::string list_text(const Catalog::Listing& listing) {
  std::string text;
  for (const Plugin* plugin : listing.plugins) {
    const sh_plugin& raw = *plugin->raw;
    text += plugin->name + " " + raw.version + " (" + raw.license + ")";
    if (*raw.summary != '\0') text += ": " + std::string(raw.summary);
    text += "\n  " + plugin->path.string() + "\n" + component_names_text(*plugin);
  }
  return text;
}

Result<std::string> show_text(Catalog& catalog, const std::string& id) {
  Result<Subject> subject = find_subject(catalog, id);
  if (!subject) return subject.status();
  std::string text;
  if (subject->whole_plugin) {
    const sh_plugin& raw = *subject->plugin->raw;
    text += std::string(raw.name) + " " + raw.version + " (" + raw.license + ")";
    if (*raw.summary != '\0') text += ": " + std::string(raw.summary);
    text += "\n";
    if (*raw.homepage != '\0') text += std::string(raw.homepage) + "\n";
    text += subject->plugin->path.string() + "\n";
  }
  for (const Component& component : subject->components) {
    if (!text.empty()) text += "\n";
    text += component_text(component);
  }
  return text;
}

}  // namespace streamhost
