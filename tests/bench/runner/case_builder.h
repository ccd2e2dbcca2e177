// What the files of cases (*cases.cc) have in common: building a case, and pieces of manifests.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "cases.h"

namespace bench {

using CaseMaker = std::pair<std::string, std::function<Case(const Setting&)>>;

// Windows of event time; scripts.
std::vector<CaseMaker> window_cases();
std::vector<CaseMaker> script_cases();

// Four ranges a worker: more would each want buffers in the caches at the same time.
inline std::string file_source(const std::string& path, unsigned workers) {
  return "[source.lines]\nuse = \"file.lines\"\npath = \"" + path +
         "\"\nranges = " + std::to_string(4 * workers) + "\n";
}

inline std::string null_sink(const std::string& from) {
  return "[sink.out]\nuse = \"bench.null\"\nfrom = \"" + from + "\"\nreport = \"@OUTPUT@\"\n";
}

// Builds a case: programs, their manifests and their output files.
class CaseBuilder {
 public:
  CaseBuilder(const Setting& setting, const std::string& name, Compare compare)
      : setting_(setting) {
    work_.name = name;
    work_.compare = compare;
  }

  // Adds a loop; its output file is the last argument. Returns its index.
  size_t loop(const std::string& name, const Command& arguments) {
    Program program{name, {setting_.loops}, output(name), {}, work_.programs.size()};
    right_ = program.right;
    program.command.insert(program.command.end(), arguments.begin(), arguments.end());
    program.command.push_back(program.output);
    return add(std::move(program));
  }
  // Adds a run of the host, whose result has to be that of the loop added last; `steps` becomes a
  // manifest, with @OUTPUT@ replaced by its output file. Returns its index.
  size_t host(const std::string& name, unsigned workers, std::string steps) {
    const std::string path = output(name);
    static constexpr std::string_view kMark = "@OUTPUT@";
    steps.replace(steps.find(kMark), kMark.size(), path);
    const std::string manifest =
        setting_.host.manifest(work_.name + "_" + name, "name = \"" + name + "\"\n" + steps);
    return add({name, setting_.host(manifest, workers), path, setting_.host.environment, right_});
  }
  Row& row(const std::string& name, unsigned workers, size_t loop, size_t host) {
    Row row;
    row.name = name;
    row.workers = workers;
    row.loop = loop;
    row.host = host;
    work_.rows.push_back(row);
    return work_.rows.back();
  }
  Case done() { return std::move(work_); }

 private:
  std::string output(const std::string& name) const {
    return setting_.host.scratch + "/" + work_.name + "_" + name + ".out";
  }
  size_t add(Program program) {
    work_.programs.push_back(std::move(program));
    return work_.programs.size() - 1;
  }
  const Setting& setting_;
  Case work_;
  size_t right_ = 0;
};

}  // namespace bench
