// The answers to the queries of Nexmark, by plain loops over all events: no watermarks, no windows
// that open and close, nothing in common with the dataflows but the question.
#pragma once

#include <string>
#include <vector>

#include "site.h"

namespace streamhost::nexmark_test {

// Rows, sorted, the columns joined with '|': times in microseconds, fractions with 17 digits. The
// columns are those of rows_of(). Throws std::out_of_range for a query that there is none of.
std::vector<std::string> answer(const std::string& query, const Site& site);

// What the manifest of a query wrote, in the same form.
std::vector<std::string> rows_of(const std::string& query, const std::string& output);

}  // namespace streamhost::nexmark_test
