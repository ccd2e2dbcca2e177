#include <charconv>
#include <string>
#include <string_view>

#include "base/json_text.h"
#include "plugin/describe.h"
#include "plugin/describe_parts.h"
#include "plugin/option_text.h"

namespace streamhost {

namespace {

// An object or array being written; add() puts the commas.
class Json {
 public:
  explicit Json(char open) : text_(1, open) {}
  // `value` is JSON text.
  Json& add(std::string_view name, const std::string& value) {
    comma();
    text_ += json_string(name) + ": " + value;
    return *this;
  }
  Json& item(const std::string& value) {
    comma();
    text_ += value;
    return *this;
  }
  std::string close() { return text_ + (text_[0] == '{' ? '}' : ']'); }

 private:
  void comma() {
    if (text_.size() > 1) text_ += ", ";
  }
  std::string text_;
};

std::string boolean(bool value) { return value ? "true" : "false"; }

std::string ports_json(const sh_port* ports, uint32_t count) {
  Json array('[');
  for (uint32_t i = 0; i < count; ++i) {
    array.item(Json('{')
                   .add("name", json_string(ports[i].name))
                   .add("help", json_string(ports[i].help))
                   .close());
  }
  return array.close();
}

std::string options_json(const sh_option* const* options, uint32_t count);

std::string option_json(const sh_option& o) {
  Json object('{');
  object.add("name", json_string(o.name))
      .add("type", json_string(type_name(o.type)))
      .add("required", boolean((o.flags & SH_OPTION_REQUIRED) != 0));
  if (o.default_text != nullptr) object.add("default", json_string(o.default_text));
  Json choices('[');
  for (uint32_t i = 0; i < o.choice_count; ++i) choices.item(json_string(o.choices[i]));
  if (o.type == SH_TYPE_COMPONENT) {
    object.add("kinds", o.choice_count == 0 ? "[\"aggregate\"]" : choices.close())
        .add("named", boolean((o.flags & SH_OPTION_NAMED) != 0));
  } else if (o.choice_count != 0) {
    object.add("choices", choices.close());
  }
  if (o.type == SH_TYPE_TABLE) object.add("fields", options_json(o.fields, o.field_count));
  // In the canonical unit: microseconds, bytes.
  if ((o.flags & SH_OPTION_HAS_MIN) != 0) object.add("min", float_text(o.min));
  if ((o.flags & SH_OPTION_HAS_MAX) != 0) object.add("max", float_text(o.max));
  if ((o.flags & SH_OPTION_SECRET) != 0) object.add("secret", "true");
  if ((o.flags & SH_OPTION_PATH) != 0) object.add("path", "true");
  if ((o.flags & SH_OPTION_DEPRECATED) != 0) object.add("deprecated", "true");
  return object.add("help", json_string(o.help)).close();
}

std::string options_json(const sh_option* const* options, uint32_t count) {
  Json array('[');
  for (uint32_t i = 0; i < count; ++i) array.item(option_json(*options[i]));
  return array.close();
}

std::string component_json(const Component& component) {
  const sh_component& c = *component.raw;
  Json object('{');
  object.add("id", json_string(component.id))
      .add("kind", json_string(kind_name(component.kind)))
      .add("keyed", boolean(component.kind == Component::Kind::kKeyed))
      .add("summary", json_string(c.summary))
      .add("any_inputs", boolean((c.flags & SH_COMPONENT_ANY_INPUTS) != 0))
      .add("inputs", ports_json(c.inputs, c.input_count))
      .add("outputs", ports_json(c.outputs, c.output_count));
  if (state_version(component) != 0) {
    object.add("state_version", std::to_string(state_version(component)));
  }
  return object.add("options", options_json(c.options, c.option_count)).close();
}

std::string plugin_json(const Plugin& plugin, const std::vector<Component>& components) {
  const sh_plugin& raw = *plugin.raw;
  Json array('[');
  for (const Component& component : components) array.item(component_json(component));
  return Json('{')
      .add("name", json_string(raw.name))
      .add("version", json_string(raw.version))
      .add("license", json_string(raw.license))
      .add("summary", json_string(raw.summary))
      .add("homepage", json_string(raw.homepage))
      .add("path", json_string(plugin.path.string()))
      .add("components", array.close())
      .close();
}

}  // namespace

std::string list_json(const Catalog::Listing& listing) {
  Json array('[');
  for (const Plugin* plugin : listing.plugins) {
    array.item(plugin_json(*plugin, Catalog::components(*plugin)));
  }
  for (const Status& failure : listing.failures) {
    array.item(Json('{').add("error", json_string(failure.message())).close());
  }
  return array.close() + "\n";
}

Result<std::string> show_json(Catalog& catalog, const std::string& id) {
  Result<Subject> subject = find_subject(catalog, id);
  if (!subject) return subject.status();
  return plugin_json(*subject->plugin, subject->components) + "\n";
}

}  // namespace streamhost
