#include "moving.h"

#include <simdjson.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "case.h"

namespace bench {
namespace fs = std::filesystem;

const char* const kCountSteps = R"([operator.counts]
use = "core.count_final"
from = "records"
combine = false

[sink.out]
use = "bench.sum"
from = "counts"
report = "@REPORT@"
)";

const char* const kPassSteps = R"([operator.counts]
use = "bench.count_through"
from = "records"

[sink.out]
use = "bench.delays"
from = "counts"
report = "@REPORT@"
)";

MovingRun::MovingRun(const HostCommand& host, MovingJob job) : host_(host), job_(std::move(job)) {
  std::ostringstream text;
  text << "name = \"" << job_.name << "\"\n[run]\nepoch = \"" << job_.epoch << "\"\n";
  if (job_.recovery) text << "[recovery]\ndirectory = \"" << store() << "\"\n";
  text << "\n[source.records]\nuse = \"bench.moving\"\nkeys = " << job_.keys
       << "\nwindow = " << std::min(job_.window, job_.keys) << "\nglide = " << job_.glide
       << "\nrate = " << std::fixed << job_.rate << "\nwarm = \"" << job_.warm_s
       << "s\"\nmeasure = \"" << job_.measure_s << "s\"\nlast_epoch = " << job_.last_epoch
       << "\npartitions = " << job_.workers << "\nreport = \"" << file(".source") << "\"\n\n";
  std::string steps = job_.steps;
  const auto replace = [&steps](const std::string& mark, const std::string& by) {
    const size_t at = steps.find(mark);
    if (at != std::string::npos) steps.replace(at, mark.size(), by);
  };
  replace("@REPORT@", report());
  replace("@STORE@", store());
  manifest_ = host_.manifest(job_.name, text.str() + steps);
}

void MovingRun::drop_store() const { fs::remove_all(store()); }

void MovingRun::clear() const {
  drop_store();
  fs::remove(report());
  fs::remove(file(".source"));
}

Command MovingRun::command() const { return host_(manifest_, job_.workers); }

Usage MovingRun::run() const { return bench::run(command(), host_.environment, errors()); }

MovingRun::Source MovingRun::source() const {
  std::ifstream in(file(".source"));
  Source sum;
  uint64_t records = 0, measured = 0;
  int64_t from_us = 0, to_us = 0;
  unsigned lines = 0;
  for (; in >> records >> measured >> from_us >> to_us; ++lines) {
    sum.records += records;
    if (measured == 0) continue;
    sum.per_s += static_cast<double>(measured) * 1e6 / static_cast<double>(to_us - from_us);
    sum.from_us = std::max(sum.from_us, from_us);
    sum.to_us = sum.to_us == 0 ? to_us : std::min(sum.to_us, to_us);
  }
  if (lines != job_.workers) throw std::runtime_error(file(".source") + ": lines are missing");
  return sum;
}

MovingRun::Store MovingRun::shown() const {
  Child child({host_.host, "recovery", "show", "--manifest", manifest_, "--json"},
              host_.environment, errors(), Streams::output_piped);
  const std::string text = child.read_output();
  if (child.wait().status != 0) throw std::runtime_error("recovery show: see " + errors());

  simdjson::dom::parser parser;
  const simdjson::dom::element shown = parser.parse(text);
  Store store;
  store.epochs = shown["resume_epoch"].get_uint64();
  store.file_bytes = shown["file_bytes"].get_uint64();
  std::vector<double> rows, bytes;
  for (const simdjson::dom::element epoch : shown["epochs"].get_array()) {
    if (epoch["epoch"].get_uint64() == store.epochs) continue;
    rows.push_back(static_cast<double>(epoch["rows"].get_uint64()));
    bytes.push_back(static_cast<double>(epoch["bytes"].get_uint64()));
  }
  store.rows = median(std::move(rows));
  store.bytes = median(std::move(bytes));
  return store;
}

}  // namespace bench
