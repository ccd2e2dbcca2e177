// The jobs, by what they are about. An undisturbed run of each takes some tenths of a second:
// batches are small and a step lets one through in a millisecond or two, which makes twenty epochs
// or so of a small input.
#pragma once

#include <vector>

#include "crash/job.h"

namespace streamhost::crash {

std::vector<CrashJob>
plain_jobs();  // jobs.cc: ways from files to sinks, with a counter for each key
std::vector<CrashJob> state_jobs();  // jobs_state.cc: aggregates, scripts, joins by key, ttl
std::vector<CrashJob> time_jobs();   // jobs_time.cc: windows, event timers, joins by time

}  // namespace streamhost::crash
