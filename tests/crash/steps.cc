#include "crash/steps.h"

namespace streamhost::crash {

std::string head(const std::string& name) {
  return "name = \"" + name + "\"\n[run]\nbatch_size = 128\n";
}

std::string step(const std::string& kind_and_id, const std::string& use, const std::string& from,
                 const std::string& options) {
  const std::string input = from.empty()                            ? ""
                            : from.find_first_of("[{") == from.npos ? "from = \"" + from + "\"\n"
                                                                    : "from = " + from + "\n";
  return "[" + kind_and_id + "]\nuse = \"" + use + "\"\n" + input + options;
}

std::string paced_lines(const std::string& per_batch, const std::string& options,
                        const std::string& folder) {
  const std::string end = folder == "in" ? "" : "_" + folder;
  return step("source.lines" + end, "file.lines", "",
              "path = \"" + folder + "/*.txt\"\n" + options) +
         step("operator.paced" + end, "crash.pace", "lines" + end,
              "per_batch = \"" + per_batch + "\"\n");
}

std::string keyed_lines_steps(const std::string& options) {
  return paced_lines("1500us", options) +
         step("operator.keyed", "text.key_value", "paced", "delimiter = \";\"\n");
}

std::string file_sink(const std::string& from, const std::string& format, const std::string& name) {
  return step("sink." + name, "file.lines", from,
              "path = \"" + name + ".txt\"\nformat = \"" + format + "\"\n");
}

std::string two_phase_sink(const std::string& from, const std::string& name) {
  return step("sink." + name, "testing.two_phase", from,
              "path = \"" + name + "\"\npartitions = 2\nformat = \"{key}\\t{value}\"\n");
}

}  // namespace streamhost::crash
