#include "compare.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <stdexcept>

#include "../loops/hash.h"

namespace bench {
namespace {

std::ifstream open(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error(path + ": was not written");
  return in;
}

// What is left of a file when the order of its lines does not count. Lines are not kept, so that
// the runner stays small: a program it starts is measured from the runner's own size on.
struct Digest {
  uint64_t lines = 0, sum = 0;
};

Digest digest(const std::string& path) {
  Digest result;
  std::ifstream in = open(path);
  for (std::string line; std::getline(in, line); ++result.lines) result.sum += hash_of(line);
  return result;
}

struct Totals {
  uint64_t records = 0, bytes = 0;
};

Totals totals(const std::string& path) {
  Totals result;
  std::ifstream in = open(path);
  for (uint64_t records = 0, bytes = 0; in >> records >> bytes;) {
    result.records += records;
    result.bytes += bytes;
  }
  return result;
}

struct Stats {
  double count = 0, min = 0, mean = 0, max = 0;
};

double member(const std::string& json, const std::string& name) {
  const size_t at = json.find('"' + name + "\":");
  if (at == std::string::npos) throw std::runtime_error("no \"" + name + "\" in " + json);
  return std::strtod(json.c_str() + at + name.size() + 3, nullptr);
}

// Lines "key\tcount\tmin\tmean\tmax", as the loop writes them, or "key\t{JSON object}".
std::map<std::string, Stats> read_stats(const std::string& path) {
  std::map<std::string, Stats> result;
  std::ifstream in = open(path);
  for (std::string line; std::getline(in, line);) {
    const size_t tab = line.find('\t');
    if (tab == std::string::npos) throw std::runtime_error(path + ": a line without a tab");
    const std::string rest = line.substr(tab + 1);
    Stats stats;
    if (rest.starts_with('{')) {
      stats = {member(rest, "count"), member(rest, "min"), member(rest, "mean"),
               member(rest, "max")};
    } else {
      char* next = nullptr;
      stats.count = std::strtod(rest.c_str(), &next);
      stats.min = std::strtod(next, &next);
      stats.mean = std::strtod(next, &next);
      stats.max = std::strtod(next, &next);
    }
    if (!result.emplace(line.substr(0, tab), stats).second) {
      throw std::runtime_error(path + ": the key " + line.substr(0, tab) + " is there twice");
    }
  }
  return result;
}

bool near(double a, double b) { return std::abs(a - b) <= 1e-6; }

std::string pair(uint64_t a, const char* unit_a, uint64_t b, const char* unit_b) {
  return std::to_string(a) + " " + unit_a + ", " + std::to_string(b) + " " + unit_b;
}

}  // namespace

std::string difference(Compare how, const std::string& loop, const std::string& host) {
  if (how == Compare::lines) {
    const Digest a = digest(loop), b = digest(host);
    if (a.lines == b.lines && a.sum == b.sum) return "";
    return loop + " and " + host + " hold different lines (" + std::to_string(a.lines) + " and " +
           std::to_string(b.lines) + " of them)";
  }
  if (how == Compare::counts) {
    const Totals a = totals(loop), b = totals(host);
    if (a.records == b.records && a.bytes == b.bytes) return "";
    return "the loop handled " + pair(a.records, "records", a.bytes, "bytes") + "; the host " +
           pair(b.records, "records", b.bytes, "bytes");
  }
  const auto a = read_stats(loop), b = read_stats(host);
  if (a.size() != b.size()) {
    return "the loop found " + std::to_string(a.size()) + " keys, the host " +
           std::to_string(b.size());
  }
  for (const auto& [key, x] : a) {
    const auto found = b.find(key);
    if (found == b.end()) return "the host has no key " + key;
    const Stats& y = found->second;
    if (!near(x.count, y.count) || !near(x.min, y.min) || !near(x.mean, y.mean) ||
        !near(x.max, y.max)) {
      return "the numbers of " + key + " differ";
    }
  }
  return "";
}

uint64_t sum_of_counts(const std::string& path) {
  uint64_t sum = 0;
  std::ifstream in = open(path);
  for (std::string line; std::getline(in, line);) {
    sum += std::strtoull(line.c_str() + line.find('\t') + 1, nullptr, 10);
  }
  return sum;
}

}  // namespace bench
