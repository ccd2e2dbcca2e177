// The listing of `recovery show`.
#pragma once

#include <string>

#include "recovery/report.h"

namespace streamhost {

// For people: a few lines about the store, then a table for executions, epochs and steps.
std::string report_text(const recovery::Report& report, const std::string& directory);
// For programs: one JSON object, a line.
std::string report_json(const recovery::Report& report);

}  // namespace streamhost
