#include "recovery/agreement.h"

#include <algorithm>

namespace streamhost::recovery {
namespace {

constexpr const char* kWayOut =
    "restore the files from one time, or begin anew in another directory; a longer \"backup\" "
    "keeps "
    "older epochs possible";

std::string epoch_text(int64_t epoch) {
  return epoch == 0 ? "nothing yet" : "epoch " + std::to_string(epoch);
}

}  // namespace

Outcome check_identity(const std::vector<Found>& files) {
  const MetaRow& first = files[0].catalog->meta;
  for (const Found& found : files) {
    const MetaRow& meta = found.catalog->meta;
    if (meta.dataflow != first.dataflow) {
      return Failure{found.file.string() + ": belongs to the dataflow \"" + meta.dataflow +
                     "\", but " + files[0].file.string() + " belongs to \"" + first.dataflow +
                     "\"; put the right file back"};
    }
    if (meta.store != first.store) {
      return Failure{found.file.string() + ": belongs to another store than " +
                     files[0].file.string() + "; put the right file back"};
    }
  }
  for (const Found& found : files) {
    const MetaRow& meta = found.catalog->meta;
    if (meta.part != found.part || meta.parts != found.parts) {
      return Failure{found.file.string() + ": is file " + std::to_string(meta.part) + " of " +
                     std::to_string(meta.parts) + " by what it holds; put the right file back"};
    }
  }
  return {};
}

bool untouched(const std::vector<Found>& files) {
  return std::all_of(files.begin(), files.end(), [](const Found& found) {
    return found.catalog->epochs.empty() && found.catalog->executions.empty();
  });
}

Result<int64_t> common_epoch(const std::vector<Found>& files) {
  int64_t resume = 0;
  for (const EpochRow& epoch : files[0].catalog->epochs) {
    const bool everywhere = std::all_of(files.begin(), files.end(), [&](const Found& found) {
      const EpochRow* other = found.catalog->epoch(epoch.epoch);
      return other != nullptr && other->nonce == epoch.nonce && other->execution == epoch.execution;
    });
    if (everywhere) resume = epoch.epoch;
  }
  // The file that needs the newest epoch, and the one that has the oldest.
  const Found& ahead =
      *std::max_element(files.begin(), files.end(), [](const Found& a, const Found& b) {
        return a.catalog->meta.horizon < b.catalog->meta.horizon;
      });
  if (ahead.catalog->meta.horizon <= resume) return resume;
  const Found& behind =
      *std::min_element(files.begin(), files.end(), [](const Found& a, const Found& b) {
        return a.catalog->newest_epoch() < b.catalog->newest_epoch();
      });
  return Failure{behind.file.string() + ": the files are of different ages: this one has " +
                 epoch_text(behind.catalog->newest_epoch()) + ", but " + ahead.file.string() +
                 " cannot go back behind epoch " + std::to_string(ahead.catalog->meta.horizon) +
                 "; " + kWayOut};
}

Outcome check_marker(const std::optional<Marker>& marker, const std::vector<Found>& files,
                     const std::filesystem::path& directory, int64_t resume) {
  if (!marker) return {};
  if (marker->store != files[0].catalog->meta.store) {
    return Failure{files[0].file.string() +
                   ": belongs to another store than the one in use here; "
                   "put the right file back, or, to go on with this one, delete " +
                   (directory / "committed").string()};
  }
  if (resume >= marker->epoch || resume >= marker->horizon) return {};
  return Failure{files[0].file.string() + ": epoch " + std::to_string(marker->epoch) +
                 " was committed, but the store has " + epoch_text(resume) +
                 (resume > 0 ? " only" : "") +
                 ": it is older or damaged; restore the newest copy. To resume from there all the "
                 "same, with the output since then coming twice, delete " +
                 (directory / "committed").string()};
}

}  // namespace streamhost::recovery
