#include "script.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace streamhost::lua {
namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (file) content << file.rdbuf();
  if (!file || content.fail()) {
    throw config_error("the script \"" + path + "\" cannot be read: " + std::strerror(errno));
  }
  // As `lua` reads files: what editors and shells put in front is no part of the script. The line
  // stays, so that those behind it keep their numbers.
  std::string text = content.str();
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  if (text.starts_with('#')) text.erase(0, text.find('\n'));
  return text;
}

}  // namespace

Script script_of(const Config& config, std::vector<std::string> parameters, bool with_expr) {
  const auto expr = with_expr ? config.find("expr") : std::nullopt;
  const auto code = config.find("code"), file = config.find("script");
  const int given = (expr ? 1 : 0) + (code ? 1 : 0) + (file ? 1 : 0);
  if (given != 1) {
    const std::string names = with_expr ? "expr, code and script" : "code and script";
    throw config_error((given == 0 ? "give one of " : "give only one of ") + names);
  }
  Script s;
  s.parameters = std::move(parameters);
  s.plain_text = config.find("codec") == "text";
  if (expr) {
    s.name = "expr";
    s.source = *expr;
    s.expression = true;
  } else if (code) {
    s.name = "code";
    s.source = *code;
  } else {
    s.name = file->substr(file->rfind('/') + 1);
    s.source = content_of(std::string(*file));
  }
  return s;
}

std::vector<Option> script_options(const char* expr_help, std::vector<Option> more) {
  std::vector<Option> all;
  all.push_back(option("expr", Type::string, expr_help));
  all.push_back(option("code", Type::string, "Lua that returns the function; instead of expr"));
  all.push_back(option("script", Type::string, "a file of such code; instead of expr").path());
  all.push_back(option("codec", Type::string,
                       "what values are: json, read as far as they are looked at, or text, as a "
                       "string")
                    .otherwise("json")
                    .choices({"json", "text"}));
  for (Option& o : more) all.push_back(std::move(o));
  all.push_back(option("memory_limit", Type::size, "memory the script may use on each worker")
                    .otherwise("256MiB")
                    .at_least(4 << 20));
  all.push_back(option("instruction_limit", Type::integer,
                       "loop rounds and function calls that the script may take for one record")
                    .otherwise("10000000")
                    .at_least(1000));
  return all;
}

}  // namespace streamhost::lua
