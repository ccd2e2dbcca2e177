// Finds, checks and loads plugins, and hands out their components by id.
//
// A plugin NAME is the file NAME.so in one of the directories, searched in order. Nothing is loaded
// before it is asked for, nothing is loaded twice, nothing is ever unloaded. A plugin that takes
// the process down while it is loaded is named on stderr, with exit status 3, if
// install_crash_guard() was called (see base/crash_guard.h).
#pragma once

#include <streamhost/abi.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/status.h"

namespace streamhost {

struct Plugin {
  std::string name;
  std::filesystem::path path;
  const sh_plugin* raw = nullptr;  // the host's full-size copy; lives as long as the process
};

// A component and the plugin it came from. Pointers live as long as the process.
struct Component {
  enum class Kind { kSource, kOperator, kKeyed, kSink, kAggregate };
  Kind kind = Kind::kOperator;
  std::string id;                     // "file.lines"
  const sh_component* raw = nullptr;  // the host's copy: every field may be read (see tables.h)
  const Plugin* plugin = nullptr;
};

// The table's word in a manifest: "source", "operator" (keyed ones too), "sink", "aggregate".
const char* kind_name(Component::Kind kind);

// Finds a component by its id ("file.lines"), with the contract of Catalog::find: keyed operators
// are asked for as kOperator, and kPlugin says that a plugin could not be loaded.
using ComponentLookup =
    std::function<Result<Component>(const std::string& id, Component::Kind kind)>;

class Catalog {
 public:
  struct Settings {
    std::vector<std::filesystem::path> directories;  // in search order
    std::map<std::string, std::string> sha256;       // plugin name to hex digest that it must have
  };
  // `host`: the table that plugins get; must outlive the process's last plugin call.
  Catalog(Settings settings, const sh_host* host);
  ~Catalog();
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  // The component of that kind, loading its plugin if need be. Keyed and plain operators are both
  // asked for as kOperator. Errors: kPlugin when the plugin cannot be found or loaded; kUsage when
  // it has no such component (with did you mean), or only one of another kind. [any thread]
  Result<Component> find(const std::string& id, Component::Kind kind);

  // Loads one plugin by name. [any thread]
  Result<const Plugin*> load(const std::string& name);

  // Loads the plugin in this file, in whatever directory it is. [any thread]
  Result<const Plugin*> load_file(const std::filesystem::path& path);

  // Every plugin file in the directories, loaded, by name; of several with one name the first
  // found. Files that cannot be loaded come back as errors. [any thread]
  struct Listing {
    std::vector<const Plugin*> plugins;
    std::vector<Status> failures;
  };
  Listing load_all();

  // A plugin's components, sorted by kind and name.
  static std::vector<Component> components(const Plugin& plugin);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The directories to search: `named` (from the manifest), those of STREAMHOST_PLUGIN_PATH
// (colon-separated), and the installed one, found relative to the running executable
// (<prefix>/lib/streamhost/plugins beside <prefix>/bin, and the multiarch form).
std::vector<std::filesystem::path> plugin_directories(
    const std::vector<std::filesystem::path>& named);

}  // namespace streamhost
