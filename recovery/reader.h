// Reads the rows of a step out of all files of a store, each over a connection of its own.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "recovery/agreement.h"
#include "recovery/result.h"
#include "recovery/store.h"

namespace streamhost::recovery {

// `files` outlive it, and nobody writes to them meanwhile.
std::unique_ptr<RowReader> read_step(const std::vector<Found>& files, int64_t step, int64_t epoch);

// The rows of a step that were written for epochs after this one.
Result<std::vector<std::pair<std::string, std::string>>> read_unfinished(
    const std::vector<Found>& files, int64_t step, int64_t epoch);

}  // namespace streamhost::recovery
