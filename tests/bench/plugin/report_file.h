// Where components of the benchmark leave their figures: one file for all partitions of a step.
#pragma once

#include <string>
#include <string_view>

namespace bench {

// Appends `text` in one piece. What is lost here is missed by whoever reads the report. [any]
void append_to(const std::string& path, std::string_view text);

}  // namespace bench
