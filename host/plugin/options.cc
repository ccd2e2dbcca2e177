#include "plugin/options.h"

#include <algorithm>
#include <string_view>

#include "base/json_text.h"
#include "plugin/option_value.h"

namespace streamhost {

namespace {

// The names a person may have meant: deprecated ones are not suggested.
std::vector<std::string> option_names(const sh_component& component) {
  std::vector<std::string> names;
  for (uint32_t i = 0; i < component.option_count; ++i) {
    const sh_option& option = *component.options[i];
    if ((option.flags & SH_OPTION_DEPRECATED) == 0) names.emplace_back(option.name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

const sh_option* find_option(const sh_component& component, std::string_view name) {
  for (uint32_t i = 0; i < component.option_count; ++i) {
    if (component.options[i]->name == name) return component.options[i];
  }
  return nullptr;
}

const Location& place_of_key(const Value& value) {
  return value.key_where.line != 0 ? value.key_where : value.where;
}

// ": what the option is for", or nothing.
std::string help_of(const sh_option& option) {
  if (option.help == nullptr || *option.help == '\0') return {};
  return std::string(": ") + option.help;
}

std::string unknown_message(const sh_component& component, const std::string& component_id,
                            const std::string& name) {
  const std::vector<std::string> known = option_names(component);
  std::string message = "unknown option " + json_string(name) + " of " + component_id;
  if (known.empty()) return message + ", which has no options";
  const std::string meant = did_you_mean(name, known);
  if (!meant.empty()) return message + meant;
  std::string list;
  for (const std::string& option : known) list += (list.empty() ? "" : ", ") + option;
  return message + "; it has: " + list;
}

}  // namespace

sh_config check_options(const sh_component& component, const std::string& component_id,
                        const std::vector<std::pair<std::string, Value>>& given,
                        const std::string& base_dir, const Location& step_where,
                        Diagnostics& diagnostics) {
  sh_config config;
  const auto subject = [&](const sh_option& option) {
    return "option " + json_string(option.name) + " of " + component_id;
  };
  // Defaults first; what is given then takes their place.
  for (uint32_t i = 0; i < component.option_count; ++i) {
    const sh_option& option = *component.options[i];
    Result<OptionValue> value = option_default(option, base_dir);
    if (!value) {  // the plugin was checked for this when it was loaded
      diagnostics.error(step_where, subject(option) + ": its default " + value.status().message());
      value = OptionValue();
    }
    config.values.emplace(option.name, value.take());
  }
  for (const auto& [name, value] : given) {
    const sh_option* option = find_option(component, name);
    if (option == nullptr) {
      diagnostics.error(place_of_key(value), unknown_message(component, component_id, name));
      continue;
    }
    Result<OptionValue> checked = option_value(*option, value, base_dir);
    if (!checked) {
      diagnostics.error(value.where, subject(*option) + " " + checked.status().message());
      // Counts as given: it must not be called missing as well.
      config.values[name].given = true;
      continue;
    }
    config.values[name] = checked.take();
    if ((option->flags & SH_OPTION_DEPRECATED) != 0) {
      diagnostics.warning(place_of_key(value),
                          subject(*option) + " is deprecated" + help_of(*option));
    }
  }
  for (uint32_t i = 0; i < component.option_count; ++i) {
    const sh_option& option = *component.options[i];
    if ((option.flags & SH_OPTION_REQUIRED) == 0 || config.values[option.name].given) continue;
    diagnostics.error(step_where, component_id + " needs the option " + json_string(option.name) +
                                      help_of(option));
  }
  return config;
}

}  // namespace streamhost
