// A jq program, compiled and run by libjq. In the helper only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

extern "C" {
#include <jq.h>
}

namespace streamhost::jq {

// One thread. Whatever libjq does to the process (abort, endless loops) it does; see
// helper_guard.h.
class Program {
 public:
  // Takes one result in JSON text, or the plain text of a string; false: no more are wanted.
  using Take = std::function<bool(std::string_view result)>;

  Program() = default;
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Compiles, with the variables $key and $timestamp. Nothing, or what is wrong: "LINE:COLUMN:
  // message" where libjq knows a place.
  std::optional<std::string> compile(const std::string& source);

  // Runs the program on JSON text. Nothing, or what is wrong; results before it may have been
  // taken.
  std::optional<std::string> run(std::optional<std::string_view> key, int64_t timestamp,
                                 std::optional<std::string_view> value, bool plain_text,
                                 const Take& take);
  // Whether the first result is neither false nor null; false when there is none.
  std::optional<std::string> test(std::optional<std::string_view> key, int64_t timestamp,
                                  std::optional<std::string_view> value, bool* passes);

 private:
  // Starts a run; what is wrong with the value.
  std::optional<std::string> start(std::optional<std::string_view> key, int64_t timestamp,
                                   std::optional<std::string_view> value);
  // What a run that gave no further result ended by. Takes `last`.
  std::optional<std::string> end_of_run(jv last);

  jq_state* jq_ = nullptr;
  bool with_variables_ = false;
};

}  // namespace streamhost::jq
