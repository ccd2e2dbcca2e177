// What a manifest gives as Lua: an expression, a piece of code, or a file.
#pragma once

#include <streamhost/sdk.hpp>

#include <string>
#include <vector>

namespace streamhost::lua {

struct Script {
  std::string name;    // for messages: "expr", "code", "price.lua"
  std::string source;  // an expression, or a chunk that returns what is wanted
  bool expression = false;
  bool plain_text = false;              // the variable `value` is text, not JSON
  bool several = false;                 // an expression may be two, behind a comma
  bool both = false;                    // and where it is one, it is the first and the second
  std::vector<std::string> parameters;  // of the function that is wanted
};

// The one of the options expr, code and script that is given. Throws config_error when it is not
// exactly one, or the file cannot be read. `with_expr`: the component has the option expr.
Script script_of(const Config& config, std::vector<std::string> parameters, bool with_expr = true);

// The options that every component of the plugin has, `expr` with this help, and then `more`.
std::vector<Option> script_options(const char* expr_help, std::vector<Option> more);

}  // namespace streamhost::lua
