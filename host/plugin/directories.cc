#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "plugin/catalog.h"

namespace streamhost {

namespace fs = std::filesystem;

std::vector<fs::path> plugin_directories(const std::vector<fs::path>& named) {
  std::vector<fs::path> result;
  const auto add = [&](const fs::path& directory) {
    if (std::find(result.begin(), result.end(), directory) == result.end()) {
      result.push_back(directory);
    }
  };
  for (const fs::path& directory : named) add(directory);

  const char* variable = std::getenv("STREAMHOST_PLUGIN_PATH");
  std::string_view rest = variable != nullptr ? variable : "";
  while (!rest.empty()) {
    const size_t colon = std::min(rest.find(':'), rest.size());
    // An empty part is not the current folder: only what is named is searched.
    if (colon > 0) add(fs::path(rest.substr(0, colon)));
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }

  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (error) return result;
  const fs::path prefix = program.parent_path().parent_path();
  for (const char* lib : {STREAMHOST_LIBDIR, "lib", "lib64"}) {
    const fs::path directory = prefix / lib / "streamhost" / "plugins";
    if (fs::is_directory(directory, error)) add(directory);
  }
  return result;
}

}  // namespace streamhost
