#include "case.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

namespace bench {
namespace {

Usage median(const std::vector<Usage>& runs) {
  const auto of = [&](auto member) {
    std::vector<double> values;
    for (const Usage& run : runs) values.push_back(static_cast<double>(run.*member));
    return bench::median(std::move(values));
  };
  Usage result;
  result.wall_s = of(&Usage::wall_s);
  result.cpu_s = of(&Usage::cpu_s);
  result.peak_rss_kb = static_cast<uint64_t>(of(&Usage::peak_rss_kb));
  return result;
}

Usage run_checked(const Case& work, const Program& program, const std::string& scratch) {
  std::filesystem::remove(program.output);
  const Usage usage =
      run(program.command, program.environment, scratch + "/" + program.name + ".err");
  const std::string& right = work.programs[program.right].output;
  if (program.output != right) {
    const std::string differs = difference(work.compare, right, program.output);
    if (!differs.empty()) throw std::runtime_error(work.name + "/" + program.name + ": " + differs);
  }
  return usage;
}

std::string text(double value, const char* format) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, format, value);
  return buffer;
}

void judge(const Row& row, Result& result) {
  const auto ask = [&](bool met, const std::string& wanted) {
    result.met = result.met && met;
    result.wanted += (result.wanted.empty() ? "" : ", ") + wanted;
  };
  if (row.most_ratio > 0) {
    ask(result.ratio <= row.most_ratio, "ratio <= " + text(row.most_ratio, "%.2f"));
  }
  if (row.most_ns > 0) {
    ask(result.host_s * 1e9 / result.units < row.most_ns, "< " + text(row.most_ns, "%.0f ns"));
  }
  if (row.least_speedup > 0) {
    ask(result.speedup >= row.least_speedup, "speedup >= " + text(row.least_speedup, "%.1f"));
  }
}

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  if (values.size() % 2 == 1) return values[middle];
  return (values[middle - 1] + values[middle]) / 2;
}

std::vector<Result> measure(const Case& work, unsigned runs, const std::string& scratch) {
  for (const Program& program : work.programs) run_checked(work, program, scratch);
  std::vector<std::vector<Usage>> usages(work.programs.size());
  for (unsigned i = 0; i < runs; ++i) {
    for (size_t p = 0; p < work.programs.size(); ++p) {
      usages[p].push_back(run_checked(work, work.programs[p], scratch));
    }
  }

  std::vector<Result> results;
  for (const Row& row : work.rows) {
    Result result;
    result.name = row.name;
    result.workers = row.workers;
    result.loop = median(usages[row.loop]);
    result.host = median(usages[row.host]);
    result.loop_s = result.loop.wall_s;
    result.host_s = result.host.wall_s;
    if (row.loop_base) result.loop_s -= median(usages[*row.loop_base]).wall_s;
    if (row.host_base) result.host_s -= median(usages[*row.host_base]).wall_s;
    result.ratio = result.host_s / result.loop_s;
    result.units = row.units > 0
                       ? row.units
                       : static_cast<double>(sum_of_counts(work.programs[row.loop].output));
    if (row.faster_than) {
      result.speedup = results[*row.faster_than].host_s / result.host_s;
      result.over = results[*row.faster_than].workers;
    }
    judge(row, result);
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace bench
