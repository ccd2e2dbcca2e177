// The SDK fills in the table; init is put in afterwards.
#include <streamhost/sdk.hpp>

namespace sh = streamhost;

namespace {

sh_plugin with_init() {
  std::vector<sh::Component> components;
  components.push_back(sh::filter("all", [](const sh::Record&) { return true; }));
  sh_plugin plugin = sh::detail::make_plugin(SELF, "1.0", "Apache-2.0", std::move(components));
  plugin.init = [](const sh_host*, sh_error*) -> sh_status {
    throw std::runtime_error("nobody catches me");
  };
  return plugin;
}

}  // namespace

extern "C" const sh_plugin streamhost_plugin = with_init();
