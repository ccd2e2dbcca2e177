#include "source.h"

#include <algorithm>

namespace streamhost::lua {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool name_part(char c) { return name_start(c) || digit(c); }
bool space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  std::vector<Token> run() {
    std::vector<Token> all;
    while (skip_blank()) {
      const size_t begin = at_;
      const Token::Kind kind = next();
      all.push_back({kind, begin, at_, source_.substr(begin, at_ - begin)});
    }
    return all;
  }

 private:
  char peek(size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }

  bool skip_blank() {
    while (at_ < source_.size()) {
      if (space(peek())) {
        ++at_;
      } else if (peek() == '-' && peek(1) == '-') {
        at_ += 2;
        if (!long_bracket()) at_ = std::min(source_.find_first_of("\r\n", at_), source_.size());
      } else {
        return true;
      }
    }
    return false;
  }

  // Goes past [[...]] or [==[...]==]; false, not moved, when there is none.
  bool long_bracket() {
    if (peek() != '[') return false;
    size_t level = 0;
    while (peek(1 + level) == '=') ++level;
    if (peek(1 + level) != '[') return false;
    const std::string close = "]" + std::string(level, '=') + "]";
    const size_t end = source_.find(close, at_ + 2 + level);
    at_ = end == std::string_view::npos ? source_.size() : end + close.size();
    return true;
  }

  Token::Kind next() {
    const char c = peek();
    if (name_start(c)) {
      while (name_part(peek())) ++at_;
      return Token::Kind::kName;
    }
    if (digit(c) || (c == '.' && digit(peek(1)))) {
      const bool hex = c == '0' && (peek(1) | 0x20) == 'x';
      const char exponent = hex ? 'p' : 'e';
      for (char last = '\0'; name_part(peek()) || peek() == '.' ||
                             ((peek() == '-' || peek() == '+') && (last | 0x20) == exponent);
           ++at_) {
        last = peek();
      }
      return Token::Kind::kNumber;
    }
    if (c == '"' || c == '\'') {
      for (++at_; at_ < source_.size() && peek() != c; ++at_) {
        if (peek() == '\\') ++at_;
      }
      at_ = std::min(at_ + 1, source_.size());
      return Token::Kind::kString;
    }
    if (long_bracket()) return Token::Kind::kString;
    for (const std::string_view symbol : {"...", "..", "::", "==", "~=", "<=", ">="}) {
      if (source_.substr(at_, symbol.size()) == symbol) {
        at_ += symbol.size();
        return Token::Kind::kSymbol;
      }
    }
    ++at_;
    return Token::Kind::kSymbol;
  }

  std::string_view source_;
  size_t at_ = 0;
};

bool is_name(const std::vector<Token>& tokens, size_t i) {
  return i < tokens.size() && tokens[i].kind == Token::Kind::kName;
}
bool follows_dot(const std::vector<Token>& tokens, size_t i) {
  return i > 0 && (tokens[i - 1].is(".") || tokens[i - 1].is(":"));
}

// Whether a comparison that ends before token `i`, or starts behind it, is an operand of nothing
// but `and`, `or`, brackets and commas.
bool starts_apart(const std::vector<Token>& tokens, size_t i) {
  if (i == 0) return true;
  const Token& before = tokens[i - 1];
  for (const std::string_view t : {"(", "and", "or", ",", "{"}) {
    if (before.is(t)) return true;
  }
  return false;
}
bool ends_apart(const std::vector<Token>& tokens, size_t i) {
  if (i >= tokens.size()) return true;
  for (const std::string_view t : {")", "and", "or", ",", "}"}) {
    if (tokens[i].is(t)) return true;
  }
  return false;
}

}  // namespace

std::vector<Token> tokens_of(std::string_view source) { return Lexer(source).run(); }

size_t uses_of(const std::vector<Token>& tokens, std::string_view name) {
  return static_cast<size_t>(std::count_if(tokens.begin(), tokens.end(), [&](const Token& t) {
    return t.kind == Token::Kind::kName && t.text == name;
  }));
}

bool is_used_whole(const std::vector<Token>& tokens, std::string_view name) {
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].is("function") && !follows_dot(tokens, i)) {
      while (i < tokens.size() && !tokens[i].is(")")) ++i;  // its parameters are no use
      continue;
    }
    if (!is_name(tokens, i) || tokens[i].text != name || follows_dot(tokens, i)) continue;
    if (i + 1 == tokens.size() || !(tokens[i + 1].is(".") || tokens[i + 1].is("["))) return true;
  }
  return false;
}

std::string with_ticks(std::string_view source, std::string_view tick) {
  const std::vector<Token> tokens = tokens_of(source);
  const std::string call = std::string(tick) + "();";
  std::string result;
  size_t copied = 0;
  const auto insert_at = [&](size_t offset, const std::string& text) {
    result += source.substr(copied, offset - copied);
    result += text;
    copied = offset;
  };
  for (size_t i = 0; i < tokens.size(); ++i) {
    const Token& t = tokens[i];
    if (t.kind != Token::Kind::kName || follows_dot(tokens, i)) continue;
    if (t.text == "do" || t.text == "repeat") {
      insert_at(t.end, " " + call);
    } else if (t.text == "goto" && is_name(tokens, i + 1)) {
      insert_at(t.begin, call + " ");
    } else if (t.text == "function") {
      while (i < tokens.size() && !tokens[i].is(")")) ++i;
      if (i < tokens.size()) insert_at(tokens[i].end, " " + call);
    }
  }
  result += source.substr(copied);
  return result;
}

bool is_single_expression(std::string_view source) {
  int level = 0;
  for (const Token& t : tokens_of(source)) {
    if (t.is("(") || t.is("{") || t.is("[") || t.is("function")) ++level;
    if (t.is(")") || t.is("}") || t.is("]") || t.is("end")) --level;
    // Blocks within a function end too.
    if (t.is("do") || t.is("then") || t.is("repeat")) ++level;
    if (t.is("elseif") || t.is("until")) --level;
    if (t.is(",") && level == 0) return false;
  }
  return true;
}

TextExpression text_expression(std::string_view source, std::string_view number,
                               std::string_view is) {
  const TextExpression unchanged{std::string(source), true};
  const std::vector<Token> tokens = tokens_of(source);
  // Inside a function the name could stand for something else.
  if (uses_of(tokens, "function") != 0) return unchanged;
  std::string result;
  size_t copied = 0;
  const auto replace = [&](size_t first, size_t last, const std::string& text) {
    result += source.substr(copied, tokens[first].begin - copied);
    result += text;
    copied = tokens[last].end;
  };
  const auto at = [&](size_t i, std::string_view what) {
    return i < tokens.size() && tokens[i].is(what);
  };
  const auto compares = [&](size_t i) { return at(i, "==") || at(i, "~="); };
  const auto text = [&](size_t i) {
    return i < tokens.size() && tokens[i].kind == Token::Kind::kString;
  };
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (at(i, "tonumber") && at(i + 1, "(") && at(i + 2, "value") && at(i + 3, ")") &&
        !follows_dot(tokens, i)) {
      replace(i, i + 3, std::string(number) + "()");
      i += 3;
      continue;
    }
    const bool forwards = at(i, "value") && compares(i + 1) && text(i + 2);
    const bool backwards = text(i) && compares(i + 1) && at(i + 2, "value");
    if ((forwards || backwards) && starts_apart(tokens, i) && ends_apart(tokens, i + 3)) {
      const std::string asked =
          std::string(is) + "(" + std::string(tokens[forwards ? i + 2 : i].text) + ")";
      replace(i, i + 2, at(i + 1, "~=") ? "(not " + asked + ")" : asked);
      i += 2;
      continue;
    }
    if (at(i, "value")) return unchanged;
  }
  result += source.substr(copied);
  return {result, false};
}

}  // namespace streamhost::lua
