#include "crash/job.h"

#include <algorithm>
#include <stdexcept>

#include "crash/jobs.h"
#include "support/process.h"

namespace streamhost::crash {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::string read_directory(const fs::path& folder) {
  std::string text;
  for (const fs::path& file : files_in(folder)) {
    const std::string content = testing::read_file(file);
    for (const std::string_view line : split_lines(content)) {
      text.append(file.filename().string()).append(":").append(line).append("\n");
    }
  }
  return text;
}

std::string read_committed(const fs::path& folder) {
  std::string text;
  for (const fs::path& file : files_in(folder / "committed")) text += testing::read_file(file);
  return text;
}

}  // namespace

std::string read_output(const Output& output, const fs::path& folder) {
  const fs::path path = folder / output.path;
  std::string text;
  switch (output.kind) {
    case Output::Kind::kFile:
      if (fs::exists(path)) text = testing::read_file(path);
      break;
    case Output::Kind::kDirectory: text = read_directory(path); break;
    case Output::Kind::kTwoPhase: text = read_committed(path); break;
  }
  return output.flatten ? flattened(text) : text;
}

std::vector<std::string> read_outputs(const CrashJob& job, const fs::path& folder) {
  std::vector<std::string> texts;
  for (const Output& output : job.outputs) texts.push_back(read_output(output, folder));
  return texts;
}

std::optional<std::string> difference(const CrashJob& job, const std::vector<std::string>& expected,
                                      const std::vector<std::string>& actual) {
  for (size_t i = 0; i < job.outputs.size(); ++i) {
    const auto what = difference(expected.at(i), actual.at(i), job.outputs[i].order);
    if (what) return "output " + job.outputs[i].path + ": " + *what;
  }
  return std::nullopt;
}

const std::vector<CrashJob>& jobs() {
  static const std::vector<CrashJob> all = [] {
    std::vector<CrashJob> every = plain_jobs();
    for (auto* more : {state_jobs, time_jobs}) {
      for (CrashJob& job : more()) every.push_back(std::move(job));
    }
    return every;
  }();
  return all;
}

const CrashJob& job_named(const std::string& name) {
  for (const CrashJob& job : jobs()) {
    if (job.name == name) return job;
  }
  throw std::invalid_argument("there is no crash job called \"" + name + "\"");
}

}  // namespace streamhost::crash
