// One item of a script: a record, or a mark that says what is to happen.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace testing_plugin {

struct ScriptItem {
  enum class Kind { kRecord, kEof, kAbort, kCrash, kPause, kWait };
  Kind kind = Kind::kRecord;
  std::string text;      // the item as it was written
  int64_t pause_us = 0;  // of kPause
  // The file that kWait waits for.
  std::string_view file() const { return std::string_view(text).substr(5); }
};

// EOF, ABORT, CRASH, "PAUSE 1m30s" and "WAIT some/file" are marks, all else is a record. Throws
// streamhost::Error (config) for a PAUSE without a duration.
ScriptItem parse_item(std::string text);

// The lines of a file as items. Throws streamhost::Error (unavailable) when it cannot be read.
std::vector<std::string> lines_of(const std::string& path);

}  // namespace testing_plugin
