#include "helper_program.h"

#include <algorithm>
#include <cctype>
#include <climits>
#include <utility>
#include <vector>

#include "common/json_text.h"
#include "helper_guard.h"

namespace streamhost::jq {
namespace {

constexpr size_t kLongest = 400;  // of a message

std::string_view view(const jv& string) {
  return {jv_string_value(string), static_cast<size_t>(jv_string_length_bytes(jv_copy(string)))};
}

std::string in_one_line(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, kLongest)) {
    if (c != '\n' && c != '\r') {
      line += c;
    } else if (!line.ends_with(' ')) {
      line += ' ';
    }
  }
  while (line.ends_with(' ')) line.pop_back();
  // Not within a character.
  while (text.size() > kLongest && !line.empty() && (line.back() & 0x80) != 0) line.pop_back();
  return text.size() > kLongest ? line + "…" : line;
}

// What an error says. Takes `message`.
std::string text_of(jv message) {
  if (jv_get_kind(message) == JV_KIND_STRING) {
    const std::string text = in_one_line(view(message));
    jv_free(message);
    return text;
  }
  if (jv_get_kind(message) == JV_KIND_OBJECT) {
    const jv label = jv_object_get(jv_copy(message), jv_string("__jq"));
    const bool is_break = jv_is_valid(label);
    jv_free(label);
    if (is_break) {
      jv_free(message);
      return "break leads out of the program";
    }
  }
  const jv dumped = jv_dump_string(message, 0);
  const std::string text = "error: " + in_one_line(view(dumped));
  jv_free(dumped);
  return text;
}

void collect(void* to, jv message) {
  const jv text = jq_format_error(message);
  static_cast<std::vector<std::string>*>(to)->emplace_back(view(text));
  jv_free(text);
}

// A compilation that is thrown away when it has not gone well.
struct Compiled {
  explicit Compiled(const std::string& source) : jq(jq_init()) {
    if (jq == nullptr) guard::fault_of_memory();
    jq_set_nomem_handler(
        jq, [](void*) { guard::fault_of_memory(); }, nullptr);
    jq_set_error_cb(jq, collect, &errors);
    // Where libjq would look for modules, had it files.
    jq_set_attr(jq, jv_string("JQ_ORIGIN"), jv_string("/"));
    jq_set_attr(jq, jv_string("PROGRAM_ORIGIN"), jv_string("/"));
    jq_set_attr(jq, jv_string("JQ_LIBRARY_PATH"), jv_array());
    jv variables = jv_object();
    variables = jv_object_set(variables, jv_string("key"), jv_null());
    variables = jv_object_set(variables, jv_string("timestamp"), jv_null());
    good = jq_compile_args(jq, source.c_str(), variables) != 0;
    jq_set_error_cb(jq, nullptr, nullptr);
  }
  ~Compiled() {
    if (jq != nullptr) jq_teardown(&jq);
  }
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;

  jq_state* jq;
  bool good = false;
  std::vector<std::string> errors;
};

// The first error of a compilation, without what libjq puts around it.
struct Mistake {
  std::string what;
  int line = 0;  // 0: none is named

  explicit Mistake(const std::vector<std::string>& errors) {
    what = errors.empty() ? "jq cannot compile it" : errors.front();
    constexpr std::string_view kAt = " at <top-level>, line ";
    if (const size_t at = what.find(kAt); at != std::string::npos) {
      line = std::atoi(what.c_str() + at + kAt.size());
      what.resize(at);
    }
    for (const std::string_view before : {"jq: ", "error: "}) {
      if (what.starts_with(before)) what.erase(0, before.size());
    }
    constexpr std::string_view kShell = " (Unix shell quoting issues?)";
    if (const size_t at = what.find(kShell); at != std::string::npos) what.erase(at, kShell.size());
    what = in_one_line(what);
  }
};

// libjq names no columns. But when a newline before some place moves the mistake into the next
// line, the mistake is behind that place. The column from 1, or 0 when it cannot be found.
size_t column_of(const std::string& source, const Mistake& mistake) {
  size_t begin = 0;
  for (int line = 1; line < mistake.line; ++line) begin = source.find('\n', begin) + 1;
  const size_t end = std::min(source.find('\n', begin), source.size());
  // Between two tokens, as far as that can be seen from two characters.
  const auto word = [&](size_t i) {
    const auto c = static_cast<unsigned char>(source[i]);
    return std::isalnum(c) != 0 || c == '_' || c >= 0x80;
  };
  std::vector<size_t> places;
  for (size_t i = begin + 1; i < end; ++i) {
    if (word(i) ? !word(i - 1) && source[i - 1] != '$' && source[i - 1] != '@'
                : !std::isspace(static_cast<unsigned char>(source[i]))) {
      places.push_back(i);
    }
  }
  const auto is_behind = [&](size_t place) {
    std::string moved = source;
    moved.insert(place, 1, '\n');
    const Compiled compiled(moved);
    if (compiled.good) return false;
    const Mistake now(compiled.errors);
    return now.line == mistake.line + 1 && now.what == mistake.what;
  };
  const auto last = std::partition_point(places.begin(), places.end(), is_behind);
  const size_t at = last == places.begin() ? begin : *(last - 1);
  // The start of the line, which counts in any case, may be blank.
  return std::min(source.find_first_not_of(" \t", at), end) - begin + 1;
}

bool names_variables(std::string_view source) {
  return source.find("$key") != std::string_view::npos ||
         source.find("$timestamp") != std::string_view::npos;
}

}  // namespace

Program::~Program() {
  if (jq_ != nullptr) jq_teardown(&jq_);
}

std::optional<std::string> Program::compile(const std::string& source) {
  Compiled plain(source);
  if (!plain.good) {
    const Mistake mistake(plain.errors);
    if (mistake.line == 0) return mistake.what;
    return std::to_string(mistake.line) + ":" + std::to_string(column_of(source, mistake)) + ": " +
           mistake.what;
  }
  with_variables_ = names_variables(source);
  if (with_variables_) {
    // libjq binds variables when it compiles; theirs change with each record.
    Compiled wrapped(".[0] as $key | .[1] as $timestamp | .[2] | (" + source + "\n)");
    if (!wrapped.good) return Mistake(wrapped.errors).what;
    jq_ = std::exchange(wrapped.jq, nullptr);
  } else {
    jq_ = std::exchange(plain.jq, nullptr);
  }
  jq_set_input_cb(
      jq_,
      [](jq_state*, void*) {
        return jv_invalid_with_msg(
            jv_string("there is no further input: the program runs for each record by itself"));
      },
      nullptr);
  jq_set_debug_cb(
      jq_,
      [](void*, jv message) {
        const jv text = jv_dump_string(message, 0);
        guard::send(Answer::kLog, 0, in_one_line(view(text)));
        jv_free(text);
      },
      nullptr);
  return std::nullopt;
}

std::optional<std::string> Program::start(std::optional<std::string_view> key, int64_t timestamp,
                                          std::optional<std::string_view> value) {
  jv input = jv_null();
  if (value) {
    if (value->size() > INT_MAX / 2) return "the value is too large for jq";
    jv_parser* const parser = jv_parser_new(0);
    jv_parser_set_buf(parser, value->data(), static_cast<int>(value->size()), 0);
    jv_free(input);
    input = jv_parser_next(parser);
    jv_parser_free(parser);
    if (!jv_is_valid(input)) {
      const jv message = jv_invalid_get_msg(input);
      if (jv_get_kind(message) == JV_KIND_STRING)
        return "the value is not JSON: " + text_of(message);
      jv_free(message);
    }
    // libjq takes more than is right, such as nan, and changes what is not UTF-8.
    if (!plugin_common::is_json(*value)) {
      jv_free(input);
      return "the value is not one JSON text in UTF-8";
    }
  }
  if (with_variables_) {
    jv all = jv_array_sized(3);
    all = jv_array_append(
        all, key ? jv_string_sized(key->data(), static_cast<int>(key->size())) : jv_null());
    all = jv_array_append(
        all, timestamp == INT64_MIN ? jv_null() : jv_number(static_cast<double>(timestamp)));
    input = jv_array_append(all, input);
  }
  jq_start(jq_, input, 0);
  return std::nullopt;
}

std::optional<std::string> Program::end_of_run(jv last) {
  if (jv_invalid_has_msg(jv_copy(last))) return text_of(jv_invalid_get_msg(last));
  jv_free(last);
  if (jq_halted(jq_) != 0) {
    const jv message = jq_get_error_message(jq_);
    if (!jv_is_valid(message)) {
      jv_free(message);
      return "the program calls halt, which has no place here; empty puts nothing out";
    }
    return text_of(message);
  }
  return std::nullopt;
}

std::optional<std::string> Program::run(std::optional<std::string_view> key, int64_t timestamp,
                                        std::optional<std::string_view> value, bool plain_text,
                                        const Take& take) {
  if (auto problem = start(key, timestamp, value)) return problem;
  while (true) {
    jv result = jq_next(jq_);
    if (!jv_is_valid(result)) return end_of_run(result);
    if (!plain_text || jv_get_kind(result) != JV_KIND_STRING) result = jv_dump_string(result, 0);
    const std::string_view text = view(result);
    // What stands there for the inside of values that libjq finds too deep to print.
    if (text.find("<stripped: exceeds max depth>") != std::string_view::npos &&
        !plugin_common::is_json(text)) {
      jv_free(result);
      return "the result is nested too deeply for jq to write it";
    }
    const bool more = take(text);
    jv_free(result);
    if (!more) return std::nullopt;
  }
}

std::optional<std::string> Program::test(std::optional<std::string_view> key, int64_t timestamp,
                                         std::optional<std::string_view> value, bool* passes) {
  *passes = false;
  if (auto problem = start(key, timestamp, value)) return problem;
  const jv result = jq_next(jq_);
  if (!jv_is_valid(result)) return end_of_run(result);
  *passes = jv_get_kind(result) != JV_KIND_NULL && jv_get_kind(result) != JV_KIND_FALSE;
  jv_free(result);
  return std::nullopt;
}

}  // namespace streamhost::jq
