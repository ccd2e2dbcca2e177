#include "manifest/substitute.h"

#include <cctype>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/json_text.h"
#include "manifest/read_text.h"

namespace streamhost {
namespace {

bool is_variable_name(std::string_view name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) return false;
  for (const char c : name) {
    if (c != '_' && std::isalnum(static_cast<unsigned char>(c)) == 0) return false;
  }
  return true;
}

class Substitution {
 public:
  Substitution(const std::filesystem::path& folder, const Environment& environment,
               Diagnostics& diagnostics)
      : folder_(folder), environment_(environment), diagnostics_(diagnostics) {}

  void apply(Value& value) const {
    if (value.kind == Value::Kind::kString) {
      if (value.string.find('$') != std::string::npos) {
        if (auto text = replaced(value.string, value.where)) {
          value.written = std::exchange(value.string, std::move(*text));
          value.substituted = true;
        }
      }
    }
    for (Value& item : value.list) apply(item);
    for (auto& [key, entry] : value.table) apply(entry);
  }

 private:
  // Empty when there is a mistake in it.
  std::optional<std::string> replaced(std::string_view text, const Location& where) const {
    std::string out;
    bool good = true;
    while (!text.empty()) {
      const size_t dollar = text.find('$');
      out += text.substr(0, dollar);
      if (dollar == std::string_view::npos) break;
      text.remove_prefix(dollar + 1);
      if (text.starts_with('$')) {
        out += '$';
        text.remove_prefix(1);
      } else if (text.starts_with('{')) {
        const size_t end = text.find('}');
        if (end == std::string_view::npos) {
          diagnostics_.error(where, "\"${\" has no \"}\" (write \"$${\" for the two characters)");
          return std::nullopt;
        }
        good &= append(out, text.substr(1, end - 1), where);
        text.remove_prefix(end + 1);
      } else {
        out += '$';
      }
    }
    if (!good) return std::nullopt;
    return out;
  }

  // Adds what the text between the braces stands for; false when that is a mistake.
  bool append(std::string& out, std::string_view what, const Location& where) const {
    if (what.starts_with("file:")) return append_file(out, what.substr(5), where);
    const size_t colon = what.find(":-");
    const std::string name(what.substr(0, colon));
    if (!is_variable_name(name)) {
      diagnostics_.error(where, json_string("${" + std::string(what) + "}") +
                                    " names no environment variable: write ${NAME}, "
                                    "${NAME:-default} or ${file:PATH}");
      return false;
    }
    const std::optional<std::string> value = environment_(name);
    if (colon == std::string_view::npos) {
      if (!value) {
        diagnostics_.error(where, "the environment variable " + name +
                                      " is not set: set it, or write ${" + name + ":-default}");
        return false;
      }
      out += *value;
    } else if (value && !value->empty()) {
      out += *value;
    } else {
      out += what.substr(colon + 2);
    }
    return true;
  }

  bool append_file(std::string& out, std::string_view path, const Location& where) const {
    if (path.empty()) {
      diagnostics_.error(where, "\"${file:}\" names no file: write ${file:PATH}");
      return false;
    }
    constexpr size_t kMaxBytes = size_t{1} << 20;
    Result<std::string> content = read_text(folder_ / path, kMaxBytes);
    if (!content) {
      diagnostics_.error(where, "${file:" + std::string(path) + "}: " + content.status().message());
      return false;
    }
    std::string_view text = *content;
    if (text.ends_with('\n')) text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
    out += text;
    return true;
  }

  const std::filesystem::path& folder_;
  const Environment& environment_;
  Diagnostics& diagnostics_;
};

}  // namespace

void substitute(Value& value, const std::filesystem::path& folder, const Environment& environment,
                Diagnostics& diagnostics) {
  Substitution(folder, environment, diagnostics).apply(value);
}

}  // namespace streamhost
