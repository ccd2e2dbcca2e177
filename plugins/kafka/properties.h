// The configuration properties that librdkafka knows, and those that are not for manifests.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kafka_plugin {

enum class Kind { consumer, producer };

// A property that a manifest may not set, and what to do instead: "use the option `group`".
struct Refused {
  std::string_view name;
  std::string_view instead;
};

// The names that a client of this kind accepts, as the librdkafka in use lists them, sorted.
std::vector<std::string> known_properties(Kind kind);

// Why a manifest may not set `name`, as a whole sentence; empty when it may. `more` are refused
// beside those that no step of ours lets one set.
std::string why_refused(std::string_view name, Kind kind, std::span<const Refused> more = {});

// Whether the value of this property must not be seen in messages.
bool is_secret(std::string_view name);

// The name that was probably meant; empty when none is near.
std::string nearest(std::string_view name, std::span<const std::string> names);

}  // namespace kafka_plugin
