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

HeldPart describe(const Found& found) {
  const Catalog& catalog = *found.catalog;
  HeldPart part;
  part.part = static_cast<uint32_t>(found.part);
  part.path = found.file.string();
  part.sum = catalog.meta.sum;
  part.horizon = catalog.meta.horizon;
  if (!catalog.executions.empty()) {
    const ExecutionRow& newest = catalog.executions.back();
    part.execution = newest.number;
    part.nonce = newest.nonce;
    part.started_us = newest.started_us;
  }
  for (const EpochRow& row : catalog.epochs) {
    part.epochs.push_back({row.epoch, row.execution, row.nonce});
  }
  return part;
}

Result<int64_t> common_epoch(const std::vector<Known>& files) {
  const auto has = [](const Known& file, const HeldEpoch& epoch) {
    const auto& epochs = file.part->epochs;
    const auto found =
        std::lower_bound(epochs.begin(), epochs.end(), epoch.epoch,
                         [](const HeldEpoch& held, int64_t wanted) { return held.epoch < wanted; });
    return found != epochs.end() && *found == epoch;
  };
  int64_t resume = 0;
  for (const HeldEpoch& epoch : files[0].part->epochs) {
    if (std::all_of(files.begin(), files.end(),
                    [&](const Known& file) { return has(file, epoch); })) {
      resume = epoch.epoch;
    }
  }
  // The file that needs the newest epoch, and the one that has the oldest.
  const Known& ahead = *std::max_element(
      files.begin(), files.end(),
      [](const Known& a, const Known& b) { return a.part->horizon < b.part->horizon; });
  if (ahead.part->horizon <= resume) return resume;
  const Known& behind =
      *std::min_element(files.begin(), files.end(), [](const Known& a, const Known& b) {
        return a.part->newest_epoch() < b.part->newest_epoch();
      });
  return Failure{behind.name + ": the files are of different ages: this one has " +
                 epoch_text(behind.part->newest_epoch()) + ", but " + ahead.name +
                 " cannot go back behind epoch " + std::to_string(ahead.part->horizon) + "; " +
                 kWayOut};
}

Result<int64_t> common_epoch(const std::vector<Found>& files) {
  std::vector<HeldPart> parts;
  for (const Found& found : files) parts.push_back(describe(found));
  std::vector<Known> known;
  for (const HeldPart& part : parts) known.push_back({part.path, &part});
  return common_epoch(known);
}

Outcome check_marker(const HeldMarker& marker, const std::string& store, int64_t resume,
                     const std::string& name, const std::filesystem::path& directory) {
  const std::string file = (directory / "committed").string();
  // It knows of nothing that could be missing.
  if (marker.epoch == 0) return {};
  if (marker.store != store) {
    return Failure{name +
                   ": belongs to another store than the one in use here; "
                   "put the right file back, or, to go on with this one, delete " +
                   file};
  }
  if (resume >= marker.epoch || resume >= marker.horizon) return {};
  return Failure{name + ": epoch " + std::to_string(marker.epoch) +
                 " was committed, but the store has " + epoch_text(resume) +
                 (resume > 0 ? " only" : "") +
                 ": it is older or damaged; restore the newest copy. To resume from there all the "
                 "same, with the output since then coming twice, delete " +
                 file};
}

}  // namespace streamhost::recovery
