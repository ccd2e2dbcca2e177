#include "machine.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>

namespace bench {
namespace {

double wall_s() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

// Seconds that all processors together were busy since the machine started.
double machine_busy_s() {
  std::ifstream in("/proc/stat");
  std::string word;
  double user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft_irq = 0;
  in >> word >> user >> nice >> system >> idle >> wait >> irq >> soft_irq;
  return (user + nice + system + irq + soft_irq) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// Seconds of CPU that this program and its ended children used.
double own_busy_s() {
  double sum = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used{};
    ::getrusage(who, &used);
    for (const timeval& t : {used.ru_utime, used.ru_stime}) {
      sum += static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    }
  }
  return sum;
}

}  // namespace

Others::Others() : busy_s_(machine_busy_s()), own_s_(own_busy_s()), started_s_(wall_s()) {}

double Others::cores() const {
  const double others = (machine_busy_s() - busy_s_) - (own_busy_s() - own_s_);
  return std::max(0.0, others / (wall_s() - started_s_));
}

}  // namespace bench
