#include "process.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace bench {
namespace fs = std::filesystem;
namespace {

fs::path folder_of(pid_t pid) { return fs::path("/proc") / std::to_string(pid); }

// A number after `name` in a file of /proc, as in "VmHWM:     1234 kB"; 0 when it is not there.
uint64_t field(const fs::path& file, const std::string& name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(name)) return std::strtoull(line.c_str() + name.size(), nullptr, 10);
  }
  return 0;
}

// Of a file "stat".
double cpu_in(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  if (line.empty()) return 0;
  // Fields count from behind the name, which may hold blanks: user time is the twelfth after it.
  size_t at = line.rfind(')') + 1;
  for (int i = 0; i < 12; ++i) at = line.find(' ', at) + (i < 11 ? 1 : 0);
  char* next = nullptr;
  const uint64_t user = std::strtoull(line.c_str() + at, &next, 10);
  const uint64_t system = std::strtoull(next, nullptr, 10);
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

template <class Each>
void each_thread(pid_t pid, Each&& each) {
  std::error_code gone;
  for (const auto& task : fs::directory_iterator(folder_of(pid) / "task", gone)) each(task.path());
}

}  // namespace

uint64_t rss_kb(pid_t pid) { return field(folder_of(pid) / "status", "VmRSS:"); }

uint64_t peak_kb(pid_t pid) { return field(folder_of(pid) / "status", "VmHWM:"); }

uint64_t switches(pid_t pid) {
  uint64_t sum = 0;
  each_thread(pid, [&](const fs::path& thread) {
    sum += field(thread / "status", "voluntary_ctxt_switches:");
  });
  return sum;
}

double cpu_s(pid_t pid) { return cpu_in(folder_of(pid) / "stat"); }

double thread_cpu_s(pid_t pid, const std::string& name) {
  double sum = 0;
  each_thread(pid, [&](const fs::path& thread) {
    std::string called;
    std::getline(std::ifstream(thread / "comm") >> std::ws, called);
    if (called == name) sum += cpu_in(thread / "stat");
  });
  return sum;
}

void sleep_s(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

int64_t wall_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

}  // namespace bench
