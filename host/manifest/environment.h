// Environment variables, looked up through a function so that tests and other callers can give
// their own.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace streamhost {

// The value of a variable; empty when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// This process's own. Not to be called while somebody changes the environment.
Environment process_environment();

}  // namespace streamhost
