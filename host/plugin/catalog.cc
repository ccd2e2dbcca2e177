#include "plugin/catalog.h"

#include <algorithm>
#include <exception>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/crash_guard.h"
#include "base/diagnostics.h"
#include "base/json_text.h"
#include "plugin/shared_object.h"
#include "plugin/tables.h"
#include "plugin/trusted_file.h"

namespace streamhost {

namespace fs = std::filesystem;

namespace {

constexpr int kPluginExitStatus = 3;

Status refuse(std::string message) { return {Code::kPlugin, std::move(message)}; }

struct Loaded {
  Plugin plugin;
  std::shared_ptr<const sh_plugin> tables;
};

// Plugins are never unloaded, and their threads may hold what they were given: so what describes
// them stays too, longer than any catalog. Never destroyed.
const Plugin* keep(std::unique_ptr<Loaded> loaded) {
  static std::mutex mutex;
  static auto* kept = new std::vector<std::unique_ptr<Loaded>>();
  const std::lock_guard lock(mutex);
  return &kept->emplace_back(std::move(loaded))->plugin;
}

// Calls the plugin's init.
Status call_init(const sh_plugin& plugin, const sh_host* host, const std::string& subject) {
  if (plugin.init == nullptr) return Status::ok();
  const std::string what = "init of " + subject;
  sh_error error{};
  error.struct_size = sizeof(error);
  sh_status status = SH_OK;
  try {
    const CrashScope scope(what.c_str(), kPluginExitStatus);
    status = plugin.init(host, &error);
  } catch (const std::exception& e) {
    return refuse("init threw an exception, which must not leave a plugin: " +
                  std::string(e.what()));
  } catch (...) {
    return refuse("init threw something, which must not leave a plugin");
  }
  if (status >= 0) return Status::ok();
  error.message[sizeof(error.message) - 1] = '\0';
  return refuse("init failed: " + (error.message[0] != '\0'
                                       ? std::string(error.message)
                                       : "status " + std::to_string(status) + ", without a word"));
}

Result<const Plugin*> load_plugin(const std::string& name, const fs::path& path,
                                  const std::string& sha256, const sh_host* host) {
  const std::string subject = "plugin " + json_string(name) + " (" + path.string() + ")";
  const auto in_subject = [&](const Status& status) {
    return refuse(subject + ": " + status.message());
  };
  Result<OpenFile> file = open_trusted(path, sha256);
  if (!file) return in_subject(file.status());

  // Its constructors run, and then its tables are read, with whatever pointers are in them.
  const std::string what = "loading of " + subject;
  const CrashStack stack;
  const CrashScope scope(what.c_str(), kPluginExitStatus);
  Result<const sh_plugin*> raw = load_shared_object(file.take());
  if (!raw) return in_subject(raw.status());
  if (Status status = check_header(**raw); !status) return in_subject(status);
  Result<std::shared_ptr<const sh_plugin>> tables = copy_tables(**raw);
  if (!tables) return in_subject(tables.status());
  if (const auto problems = check_tables(**tables, name); !problems.empty()) {
    std::string all;
    for (const std::string& problem : problems) all += (all.empty() ? "" : "; ") + problem;
    return refuse(subject + ": " + all);
  }
  if (Status status = call_init(**tables, host, subject); !status) return in_subject(status);

  auto loaded = std::make_unique<Loaded>();
  loaded->tables = tables.take();
  loaded->plugin = {name, path, loaded->tables.get()};
  return keep(std::move(loaded));
}

// The names of the plugin files in a directory; none when it cannot be read.
std::set<std::string> names_in(const fs::path& directory) {
  std::set<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".so") names.insert(it->path().stem().string());
  }
  return names;
}

Component describe_component(const Plugin& plugin, const sh_component& raw) {
  Component component;
  component.kind = raw.source != nullptr  ? Component::Kind::kSource
                   : raw.op != nullptr    ? Component::Kind::kOperator
                   : raw.keyed != nullptr ? Component::Kind::kKeyed
                   : raw.sink != nullptr  ? Component::Kind::kSink
                                          : Component::Kind::kAggregate;
  component.id = plugin.name + "." + raw.name;
  component.raw = &raw;
  component.plugin = &plugin;
  return component;
}

// Keyed and plain operators are the same to the manifest.
Component::Kind manifest_kind(Component::Kind kind) {
  return kind == Component::Kind::kKeyed ? Component::Kind::kOperator : kind;
}

std::string with_article(const std::string& word) {
  return (std::string_view("aeiou").find(word[0]) != std::string_view::npos ? "an " : "a ") + word;
}

// Why a plugin has no component `name` of that kind.
std::string no_component_message(const Plugin& plugin, const std::string& name,
                                 Component::Kind kind) {
  const std::string word = kind_name(kind);
  std::vector<std::string> same_kind;
  for (const Component& component : Catalog::components(plugin)) {
    if (manifest_kind(component.kind) == kind) {
      same_kind.emplace_back(component.raw->name);
    } else if (component.raw->name == name) {
      const std::string message = component.id + " is " + with_article(kind_name(component.kind)) +
                                  ", not " + with_article(word);
      if (component.kind != Component::Kind::kAggregate) return message;
      return message +
             ": name it in the option of a step, such as core.fold_final with aggregate "
             "= " +
             json_string(component.id);
    }
  }
  std::string message =
      "plugin " + json_string(plugin.name) + " has no " + word + " " + json_string(name);
  if (same_kind.empty()) return message + ", nor any other " + word;
  const std::string meant = did_you_mean(name, same_kind);
  if (!meant.empty()) return message + meant;
  std::string list;
  for (const std::string& other : same_kind) list += (list.empty() ? "" : ", ") + other;
  return message + "; it has: " + list;
}

}  // namespace

const char* kind_name(Component::Kind kind) {
  switch (kind) {
    case Component::Kind::kSource: return "source";
    case Component::Kind::kOperator:
    case Component::Kind::kKeyed: return "operator";
    case Component::Kind::kSink: return "sink";
    case Component::Kind::kAggregate: return "aggregate";
  }
  return "component";
}

struct Catalog::State {
  State(Settings s, const sh_host* h) : settings(std::move(s)), host(h) {}

  const Settings settings;
  const sh_host* const host;
  // Recursive: a plugin's init may ask the host for a component of another plugin.
  std::recursive_mutex mutex;
  std::map<std::string, Result<const Plugin*>> outcomes;  // by name; failures are not tried again
  std::set<std::string> loading;

  Result<const Plugin*> load(const std::string& name, const fs::path& path);
  Status not_found(const std::string& name) const;
};

Result<const Plugin*> Catalog::State::load(const std::string& name, const fs::path& path) {
  if (!loading.insert(name).second) {
    return refuse("plugin " + json_string(name) + " asks for itself while it is being loaded");
  }
  const auto digest = settings.sha256.find(name);
  Result<const Plugin*> outcome = load_plugin(
      name, path, digest == settings.sha256.end() ? std::string() : digest->second, host);
  loading.erase(name);
  return outcomes.emplace(name, std::move(outcome)).first->second;
}

Status Catalog::State::not_found(const std::string& name) const {
  if (settings.directories.empty()) {
    return refuse("plugin " + json_string(name) +
                  " cannot be looked for: no folder is named, neither by [plugins] paths nor by "
                  "STREAMHOST_PLUGIN_PATH");
  }
  std::vector<std::string> known;
  std::string where;
  for (const fs::path& directory : settings.directories) {
    std::error_code error;
    where += (where.empty() ? "" : ", ") + directory.string();
    if (!fs::is_directory(directory, error)) where += " (not a folder)";
    for (const std::string& other : names_in(directory)) known.push_back(other);
  }
  return refuse("plugin " + json_string(name) + " was not found in " + where +
                did_you_mean(name, known));
}

Catalog::Catalog(Settings settings, const sh_host* host)
    : state_(std::make_unique<State>(std::move(settings), host)) {}

Catalog::~Catalog() = default;

Result<const Plugin*> Catalog::load(const std::string& name) {
  if (!is_name(name.c_str())) {
    return refuse(json_string(name) + " is no name of a plugin");
  }
  const std::lock_guard lock(state_->mutex);
  const auto known = state_->outcomes.find(name);
  if (known != state_->outcomes.end()) return known->second;
  for (const fs::path& directory : state_->settings.directories) {
    const fs::path path = directory / (name + ".so");
    std::error_code error;
    if (fs::exists(fs::symlink_status(path, error))) return state_->load(name, path);
  }
  return state_->not_found(name);
}

Result<const Plugin*> Catalog::load_file(const fs::path& path) {
  const std::lock_guard lock(state_->mutex);
  const std::string name = path.stem().string();
  const auto known = state_->outcomes.find(name);
  if (known == state_->outcomes.end()) return state_->load(name, path);
  std::error_code error;
  const Result<const Plugin*>& outcome = known->second;
  if (!outcome || fs::equivalent((*outcome)->path, path, error)) return outcome;
  return refuse("plugin " + json_string(name) + " was already loaded from " +
                (*outcome)->path.string());
}

Result<Component> Catalog::find(const std::string& id, Component::Kind kind) {
  const size_t dot = id.find('.');
  const std::string plugin_name = id.substr(0, dot);
  const std::string name = dot == std::string::npos ? std::string() : id.substr(dot + 1);
  if (!is_name(plugin_name.c_str()) || !is_name(name.c_str())) {
    const char* example = kind == Component::Kind::kAggregate ? "agg.count" : "file.lines";
    return Status::usage(json_string(id) + " is no component: write plugin.component, such as " +
                         json_string(example));
  }
  Result<const Plugin*> plugin = load(plugin_name);
  if (!plugin) return plugin.status();
  for (const Component& component : components(**plugin)) {
    if (component.raw->name == name && manifest_kind(component.kind) == manifest_kind(kind)) {
      return component;
    }
  }
  return Status::usage(no_component_message(**plugin, name, manifest_kind(kind)));
}

Catalog::Listing Catalog::load_all() {
  std::set<std::string> names;
  for (const fs::path& directory : state_->settings.directories) names.merge(names_in(directory));
  Listing listing;
  for (const std::string& name : names) {
    Result<const Plugin*> plugin = load(name);
    if (plugin) {
      listing.plugins.push_back(*plugin);
    } else {
      listing.failures.push_back(plugin.status());
    }
  }
  return listing;
}

std::vector<Component> Catalog::components(const Plugin& plugin) {
  std::vector<Component> result;
  for (uint32_t i = 0; i < plugin.raw->component_count; ++i) {
    result.push_back(describe_component(plugin, *plugin.raw->components[i]));
  }
  std::sort(result.begin(), result.end(), [](const Component& a, const Component& b) {
    return std::tuple(manifest_kind(a.kind), std::string_view(a.raw->name)) <
           std::tuple(manifest_kind(b.kind), std::string_view(b.raw->name));
  });
  return result;
}

}  // namespace streamhost
