// The helper program, as a part of the plugin: the file that was checked when the plugin was loaded
// is all there is to find, and an upgrade under a running job changes nothing.
#pragma once

#include <string_view>

namespace streamhost::jq {

// An executable of this system. Lasts as long as the plugin.
std::string_view helper_image();

}  // namespace streamhost::jq
