// The cases of the benchmark. Each is a manifest for the host and the loop that does the same.
#pragma once

#include <string>
#include <vector>

#include "case.h"
#include "data.h"
#include "idle.h"

namespace bench {

struct Setting {
  Inputs inputs;
  HostCommand host;
  std::string loops;  // the program bench-loops
};

// The names of all cases, in their order.
std::vector<std::string> case_names();

// Makes the inputs and the manifests of a case. Throws std::runtime_error when that fails, and
// std::out_of_range for a name that there is not.
Case make_case(const std::string& name, const Setting& setting);

}  // namespace bench
