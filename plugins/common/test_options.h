// Option values for the hosts of unit tests: what they put behind a component's sh_config.
//
//   TestOptions options{{"path", {"a.txt"}}};              // canonical text; a list has several
//   options.table("window")["length"] = {"60000000"};
//   options.entries("properties")["acks"] = "all";
//   options.use("aggregate", "agg.sum", *component)["of"] = {"/price"};
#pragma once

#include <streamhost/abi.h>

#include <iterator>
#include <map>
#include <memory>
#include <streamhost/sdk/record.hpp>
#include <string>
#include <vector>

namespace plugin_common {

class TestOptions : public std::map<std::string, std::vector<std::string>> {
 public:
  using map::map;
  using map::operator=;

  // The fields of an option of type table, which is given from now on.
  TestOptions& table(const std::string& option);
  // The items of an option of type map, which is given from now on.
  std::map<std::string, std::string>& entries(const std::string& option) { return maps_[option]; }
  // Adds a component to an option of type component; the result is that component's options. `name`
  // is its name in a table of several.
  TestOptions& use(const std::string& option, const std::string& id, const sh_component& component,
                   const std::string& name = "");
  // Names the inputs, as `from = { … }` does.
  void inputs(std::vector<std::string> names) { inputs_ = std::move(names); }
  // Adds the defaults, as they are written, of what is not given; in tables that are given, too.
  void add_defaults(const sh_option* const* options, uint32_t count);

  // This as a component sees it; good as long as this is.
  sh_config* raw() { return reinterpret_cast<sh_config*>(this); }
  // Fills in the calls that read options.
  static void fill(sh_host& table);

 private:
  struct Used;
  struct Functions;
  // Shared by copies.
  std::map<std::string, std::shared_ptr<TestOptions>> tables_;
  std::map<std::string, std::vector<std::shared_ptr<Used>>> components_;
  std::map<std::string, std::map<std::string, std::string>> maps_;
  std::vector<std::string> inputs_{""};
};

struct TestOptions::Used {
  std::string name, id;
  TestOptions options;
  sh_use raw{};
};

struct TestOptions::Functions {
  static const TestOptions& of(const sh_config* config) {
    return *reinterpret_cast<const TestOptions*>(config);
  }
  // Items, or null for an option that has none.
  static const std::vector<std::string>* items(const sh_config* config, const char* option) {
    const auto found = of(config).find(option);
    return found == of(config).end() ? nullptr : &found->second;
  }
  static sh_status get(const sh_config* config, const char* option, sh_bytes* value) {
    const auto* values = items(config, option);
    if (values != nullptr && !values->empty()) {
      *value = streamhost::to_bytes(values->front());
      return SH_OK;
    }
    const bool given =
        of(config).tables_.count(option) != 0 || of(config).components_.count(option) != 0;
    return given ? SH_OK : SH_END;
  }
  static uint32_t count(const sh_config* config, const char* option) {
    const auto used = of(config).components_.find(option);
    if (used != of(config).components_.end()) return static_cast<uint32_t>(used->second.size());
    const auto map = of(config).maps_.find(option);
    if (map != of(config).maps_.end()) return static_cast<uint32_t>(map->second.size());
    const auto* values = items(config, option);
    return values == nullptr ? 0 : static_cast<uint32_t>(values->size());
  }
  static sh_status item(const sh_config* config, const char* option, uint32_t index, sh_bytes* name,
                        sh_bytes* value) {
    const auto map = of(config).maps_.find(option);
    if (map != of(config).maps_.end()) {
      if (index >= map->second.size()) return SH_END;
      const auto& entry = *std::next(map->second.begin(), index);
      *name = streamhost::to_bytes(entry.first);
      *value = streamhost::to_bytes(entry.second);
      return SH_OK;
    }
    const auto* values = items(config, option);
    if (values == nullptr || index >= values->size()) return SH_END;
    *name = {};
    *value = streamhost::to_bytes((*values)[index]);
    return SH_OK;
  }
  static const sh_config* table(const sh_config* config, const char* option) {
    const auto found = of(config).tables_.find(option);
    return found == of(config).tables_.end() ? nullptr : found->second->raw();
  }
  static uint32_t input_count(const sh_config* config) {
    return static_cast<uint32_t>(of(config).inputs_.size());
  }
  static sh_status input_name(const sh_config* config, uint32_t port, sh_bytes* name) {
    if (port >= of(config).inputs_.size()) return SH_END;
    *name = streamhost::to_bytes(of(config).inputs_[port]);
    return SH_OK;
  }
  static const sh_use* component(const sh_config* config, const char* option, uint32_t index) {
    const auto used = of(config).components_.find(option);
    if (used == of(config).components_.end() || index >= used->second.size()) return nullptr;
    return &used->second[index]->raw;
  }
};

inline TestOptions& TestOptions::table(const std::string& option) {
  std::shared_ptr<TestOptions>& fields = tables_[option];
  if (fields == nullptr) fields = std::make_shared<TestOptions>();
  return *fields;
}

inline TestOptions& TestOptions::use(const std::string& option, const std::string& id,
                                     const sh_component& component, const std::string& name) {
  Used& used = *components_[option].emplace_back(std::make_shared<Used>());
  used.name = name;
  used.id = id;
  used.raw = {sizeof(sh_use),
              0,
              streamhost::to_bytes(used.name),
              streamhost::to_bytes(used.id),
              &component,
              used.options.raw()};
  used.options.add_defaults(component.options, component.option_count);
  return used.options;
}

inline void TestOptions::add_defaults(const sh_option* const* options, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    const sh_option& o = *options[i];
    if (o.default_text != nullptr) try_emplace(o.name, 1, o.default_text);
    const auto fields = tables_.find(o.name);
    if (fields != tables_.end()) fields->second->add_defaults(o.fields, o.field_count);
  }
}

inline void TestOptions::fill(sh_host& table) {
  table.config_get = Functions::get;
  table.config_count = Functions::count;
  table.config_item = Functions::item;
  table.config_table = Functions::table;
  table.config_component = Functions::component;
  table.input_count = Functions::input_count;
  table.input_name = Functions::input_name;
}

}  // namespace plugin_common
