#include "text.h"

#include <cstdarg>
#include <cstdio>

namespace bench {

void add(std::string& to, const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  to += line;
}

}  // namespace bench
