// Changing the text of a script before it is loaded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace streamhost::lua {

struct Token {
  enum class Kind { kName, kNumber, kString, kSymbol };  // words of the language are names
  Kind kind;
  size_t begin, end;
  std::string_view text;

  bool is(std::string_view what) const { return kind != Kind::kString && text == what; }
};

// The tokens of Lua source, comments left out. Source that is not well formed gives tokens of no
// use, but ends.
std::vector<Token> tokens_of(std::string_view source);

// How often a name stands in the source, as a variable or in any other place.
size_t uses_of(const std::vector<Token>& tokens, std::string_view name);

// Whether the variable is used in any other way than to ask for a field: name.x, name[x].
bool is_used_whole(const std::vector<Token>& tokens, std::string_view name);

// `source` with a call of the function `tick` in every loop and at the start of every function, in
// the same lines: LuaJIT's compiled code calls no hooks, so that a limit has to be in the script.
// `source` must be valid.
std::string with_ticks(std::string_view source, std::string_view tick);

// An expression on plain text. Where `value` is only asked for its number, or compared with a
// constant, no string has to be made of it: "tonumber(value)" becomes "NUMBER()" and
// "value == 'x'" becomes "IS('x')".
struct TextExpression {
  std::string source;
  bool needs_value;  // the variable is used in other ways too; then nothing was changed
};
TextExpression text_expression(std::string_view source, std::string_view number,
                               std::string_view is);

// Whether a list of expressions, valid, is a single one.
bool is_single_expression(std::string_view source);

}  // namespace streamhost::lua
