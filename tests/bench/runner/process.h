// What the kernel tells of a running process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace bench {

// All of these are 0 for a process that has ended.

// Its resident memory, now and at most so far.
uint64_t rss_kb(pid_t pid);
uint64_t peak_kb(pid_t pid);
// How often its threads have gone to sleep by themselves.
uint64_t switches(pid_t pid);
// Seconds of CPU that it has used: all of it, or its threads of one name.
double cpu_s(pid_t pid);
double thread_cpu_s(pid_t pid, const std::string& name);

void sleep_s(double seconds);
// Microseconds since the Unix epoch.
int64_t wall_us();

}  // namespace bench
