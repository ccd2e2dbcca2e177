#include "regex.h"

#include <streamhost/sdk.hpp>

namespace streamhost::text {

std::unique_ptr<re2::RE2> compile(const char* option, const std::string& pattern,
                                  int64_t max_memory) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(max_memory);
  auto re = std::make_unique<re2::RE2>(pattern, options);
  if (re->ok()) return re;
  std::string message = "option \"" + std::string(option) + "\": \"" + pattern +
                        "\" is not a valid regular expression: " + re->error();
  const size_t at = re->error_arg().empty() ? std::string::npos : pattern.find(re->error_arg());
  if (at != std::string::npos) message += ", at byte " + std::to_string(at) + " of the pattern";
  if (re->error_code() == re2::RE2::ErrorPatternTooLarge) message += "; raise max_memory";
  throw config_error(message);
}

}  // namespace streamhost::text
