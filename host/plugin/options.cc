#include "plugin/options.h"

#include <algorithm>
#include <string_view>

#include "base/json_text.h"
#include "plugin/option_value.h"

namespace streamhost {

namespace {

using Given = std::vector<std::pair<std::string, Value>>;

// The options of a component, or the fields of a table among them.
struct Declared {
  const sh_option* const* options;
  uint32_t count;
  std::string id;    // of the component: "window.count"
  std::string path;  // of the table, "window"; empty outside of one

  // "file.lines", or "option "window" of window.count".
  std::string owner() const {
    return path.empty() ? id : "option " + json_string(path) + " of " + id;
  }
  std::string path_of(const std::string& name) const {
    return path.empty() ? name : path + "." + name;
  }
  // "option "window.length" of window.count".
  std::string subject(const sh_option& option, const std::string& more = "") const {
    return "option " + json_string(path_of(option.name) + more) + " of " + id;
  }
  const sh_option* find(std::string_view name) const {
    const auto found = std::find_if(options, options + count,
                                    [&](const sh_option* option) { return option->name == name; });
    return found == options + count ? nullptr : *found;
  }
  // The names a person may have meant: deprecated ones are not suggested.
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (uint32_t i = 0; i < count; ++i) {
      if ((options[i]->flags & SH_OPTION_DEPRECATED) == 0) result.emplace_back(options[i]->name);
    }
    std::sort(result.begin(), result.end());
    return result;
  }
};

const Location& place_of_key(const Value& value) {
  return value.key_where.line != 0 ? value.key_where : value.where;
}

// ": what the option is for", or nothing.
std::string help_of(const sh_option& option) {
  if (option.help == nullptr || *option.help == '\0') return {};
  return std::string(": ") + option.help;
}

std::string unknown_message(const Declared& declared, const std::string& name) {
  const std::vector<std::string> known = declared.names();
  std::string message = "unknown option " + json_string(name) +
                        (declared.path.empty() ? " of " : " in ") + declared.owner();
  if (known.empty()) return message + ", which has no options";
  const std::string meant = did_you_mean(name, known);
  if (!meant.empty()) return message + meant;
  std::string list;
  for (const std::string& option : known) list += (list.empty() ? "" : ", ") + option;
  return message + "; it has: " + list;
}

sh_bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

const Value* find_key(const Value& table, std::string_view key) {
  for (const auto& [name, value] : table.table) {
    if (name == key) return &value;
  }
  return nullptr;
}

class OptionsCheck {
 public:
  OptionsCheck(const std::string& base_dir, const ComponentLookup& lookup, Diagnostics& diagnostics)
      : base_dir_(base_dir), lookup_(lookup), diagnostics_(diagnostics) {}

  // `where`: of all that is given, for what is missing.
  sh_config check(const Declared& declared, const Given& given, const Location& where) {
    sh_config config;
    // Defaults first; what is given then takes their place.
    for (uint32_t i = 0; i < declared.count; ++i) {
      const sh_option& option = *declared.options[i];
      Result<OptionValue> value = option_default(option, base_dir_);
      if (!value) {  // the plugin was checked for this when it was loaded
        diagnostics_.error(where,
                           declared.subject(option) + ": its default " + value.status().message());
        value = OptionValue();
      }
      config.values.emplace(option.name, value.take());
    }
    for (const auto& [name, value] : given) {
      const sh_option* option = declared.find(name);
      if (option == nullptr) {
        diagnostics_.error(place_of_key(value), unknown_message(declared, name));
        continue;
      }
      config.values[name] = one(declared, *option, value);
      if ((option->flags & SH_OPTION_DEPRECATED) != 0) {
        diagnostics_.warning(place_of_key(value),
                             declared.subject(*option) + " is deprecated" + help_of(*option));
      }
    }
    for (uint32_t i = 0; i < declared.count; ++i) {
      const sh_option& option = *declared.options[i];
      if ((option.flags & SH_OPTION_REQUIRED) == 0 || config.values[option.name].given) continue;
      diagnostics_.error(where, declared.owner() + " needs " +
                                    (declared.path.empty() ? "the option " : "") +
                                    json_string(option.name) + help_of(option));
    }
    return config;
  }

 private:
  // Counts as given whatever is wrong with it: it must not be called missing as well.
  OptionValue one(const Declared& declared, const sh_option& option, const Value& value) {
    OptionValue result;
    if (option.type == SH_TYPE_TABLE) {
      table(declared, option, value, result);
    } else if (option.type == SH_TYPE_COMPONENT) {
      components(declared, option, value, result);
    } else {
      Result<OptionValue> checked = option_value(option, value, base_dir_);
      if (checked) {
        result = checked.take();
      } else {
        diagnostics_.error(value.where,
                           declared.subject(option) + " " + checked.status().message());
      }
    }
    result.given = true;
    return result;
  }

  void table(const Declared& declared, const sh_option& option, const Value& value,
             OptionValue& result) {
    if (value.kind != Value::Kind::kTable) {
      diagnostics_.error(value.where, declared.subject(option) +
                                          " must be a table { name = value, … }, not " +
                                          kind_name(value.kind));
      return;
    }
    const Declared fields{option.fields, option.field_count, declared.id,
                          declared.path_of(option.name)};
    result.table = std::make_shared<const sh_config>(check(fields, value.table, value.where));
  }

  // A table with `use` is one component; without, where several are allowed, it gives them names.
  void components(const Declared& declared, const sh_option& option, const Value& value,
                  OptionValue& result) {
    const std::string subject = declared.subject(option);
    if ((option.flags & SH_OPTION_NAMED) == 0 || value.kind != Value::Kind::kTable ||
        find_key(value, "use") != nullptr) {
      component(subject, "", value, result);
      return;
    }
    if (value.table.empty()) {
      diagnostics_.error(value.where, subject + " is empty: name at least one aggregate");
    }
    for (const auto& [name, entry] : value.table) {
      if (name.empty()) {
        diagnostics_.error(place_of_key(entry), subject + " has an entry without a name");
        continue;
      }
      component(declared.subject(option, "." + name), name, entry, result);
    }
  }

  // One component: its id, or a table of `use` and its options.
  void component(const std::string& subject, const std::string& name, const Value& value,
                 OptionValue& result) {
    const bool is_table = value.kind == Value::Kind::kTable;
    const Value* use = is_table ? find_key(value, "use") : &value;
    if (use == nullptr) {
      diagnostics_.error(value.where, subject + " has no \"use\": say which aggregate it is, " +
                                          "such as use = \"agg.sum\"");
      return;
    }
    if (use->kind != Value::Kind::kString) {
      diagnostics_.error(use->where, subject +
                                         " must name an aggregate, such as \"agg.sum\" or { use = "
                                         "\"agg.sum\", … }, not " +
                                         kind_name(use->kind));
      return;
    }
    Result<Component> found = lookup_(use->string, Component::Kind::kAggregate);
    if (!found) {
      const Status& status = found.status();
      if (status.code() == Code::kPlugin) {
        diagnostics_.plugin_error(use->where, status.message());
      } else {
        diagnostics_.error(use->where, status.message());
      }
      return;
    }
    Given given;
    if (is_table) {
      std::copy_if(value.table.begin(), value.table.end(), std::back_inserter(given),
                   [](const auto& entry) { return entry.first != "use"; });
    }
    const sh_component& raw = *found->raw;
    const Declared declared{raw.options, raw.option_count, found->id, ""};
    sh_config options = check(declared, given, value.where);
    result.components.push_back(
        std::make_shared<const UsedComponent>(name, found.take(), std::move(options)));
  }

  const std::string& base_dir_;
  const ComponentLookup& lookup_;
  Diagnostics& diagnostics_;
};

}  // namespace

UsedComponent::UsedComponent(std::string n, Component c, sh_config o)
    : name(std::move(n)),
      component(std::move(c)),
      options(std::move(o)),
      raw{sizeof(sh_use), 0, bytes_of(name), bytes_of(component.id), component.raw, &options} {}

sh_config check_options(const sh_component& component, const std::string& component_id,
                        const std::vector<std::pair<std::string, Value>>& given,
                        const std::string& base_dir, const Location& step_where,
                        const ComponentLookup& lookup, Diagnostics& diagnostics) {
  const Declared declared{component.options, component.option_count, component_id, ""};
  return OptionsCheck(base_dir, lookup, diagnostics).check(declared, given, step_where);
}

}  // namespace streamhost
