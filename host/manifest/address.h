// Addresses, "host:port", one by one and as lists of them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "base/status.h"

namespace streamhost {

// More processes than this are refused: nobody meant them.
constexpr size_t kMaxProcesses = 1024;

// "host:port", "1.2.3.4:port" or "[::1]:port", port `least_port` to 65535.
Status check_address(std::string_view text, unsigned least_port);

// The host of an address that check_address has found right, without brackets: "::1".
std::string_view host_of(std::string_view address);

// Addresses separated by commas; a range in one stands for several: "job-{0..2}.job:2101" for those
// of job-0 to job-2. Errors quote the one that is wrong, or is there twice.
Result<std::vector<std::string>> parse_addresses(std::string_view text);

// The addresses of a file: one a line, in the order of process ids, also with a range; `#` begins a
// comment, and blank lines do not count. Mistakes go to `diagnostics` with file, line and column;
// the result is usable when none was added.
std::vector<std::string> read_hosts(const std::filesystem::path& path, Diagnostics& diagnostics);

}  // namespace streamhost
