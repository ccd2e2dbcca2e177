// The named instants of the store's protocol, for tests that crash there (StoreOptions::at).
#pragma once

#include <array>
#include <string_view>

namespace streamhost::recovery {

inline constexpr std::string_view kPointBegin = "store.begin";  // nothing is written yet
inline constexpr std::string_view kPointBeginFirstFile =
    "store.begin_first_file";  // one file knows
inline constexpr std::string_view kPointBeforeTransaction = "store.before_transaction";
inline constexpr std::string_view kPointAfterRows = "store.after_rows";  // nothing is committed
inline constexpr std::string_view kPointFirstFile = "store.first_file_committed";  // of several
inline constexpr std::string_view kPointCommitted = "store.committed";  // nobody knows yet
inline constexpr std::string_view kPointMerging = "store.merging";      // a piece, not committed
inline constexpr std::string_view kPointMerged = "store.merged";        // what was merged may go

inline constexpr std::array kPoints = {
    kPointBegin,     kPointBeginFirstFile, kPointBeforeTransaction, kPointAfterRows,
    kPointFirstFile, kPointCommitted,      kPointMerging,           kPointMerged,
};

}  // namespace streamhost::recovery
