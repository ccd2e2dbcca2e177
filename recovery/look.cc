#include <sys/stat.h>

#include <fstream>
#include <memory>
#include <random>

#include "recovery/agreement.h"
#include "recovery/directory.h"
#include "recovery/marker.h"
#include "recovery/schema.h"
#include "recovery/shares.h"
#include "recovery/snapshot.h"

namespace streamhost::recovery {
namespace {

namespace fs = std::filesystem;

int64_t random_number() {
  std::random_device device;
  return static_cast<int64_t>(uint64_t{device()} << 32 | device());
}

std::string random_id() {
  constexpr const char* kDigits = "0123456789abcdef";
  std::random_device device;
  std::string id;
  while (id.size() < 32) id.push_back(kDigits[device() & 15]);
  return id;
}

// All that runs on one kernel sees the same files, in whatever container.
std::string this_machine() {
  std::ifstream in("/proc/sys/kernel/random/boot_id");
  std::string id;
  // Nobody's: what cannot be told to be one file counts as copies.
  return std::getline(in, id) && !id.empty() ? id : random_id();
}

// The older format goes before anybody else needs to know of the file.
Outcome bring_up_to_date(const fs::path& file, uint32_t part) {
  Result<PartLocks> locks = PartLocks::take(file.parent_path(), {part});
  if (!locks) return locks.failure();
  Result<std::unique_ptr<Partition>> partition = Partition::open(file);
  return partition ? Outcome() : partition.failure();
}

Result<std::unique_ptr<Snapshot>> look_at(const fs::path& file, uint32_t part) {
  for (;;) {
    auto snapshot = std::make_unique<Snapshot>(file);
    snapshot->begin();
    snapshot->read();
    if (!snapshot->database().ok()) return snapshot->database().outcome().failure();
    if (snapshot->older_version() == 0) return snapshot;
    snapshot.reset();
    if (Outcome done = bring_up_to_date(file, part); !done) return done.failure();
  }
}

Result<Place> place_of(const fs::path& file, const std::string& machine) {
  struct stat status {};
  if (::stat(file.c_str(), &status) == 0) return Place{machine, status.st_dev, status.st_ino};
  return Failure{file.string() + ": was there a moment ago, and is not any more; start again"};
}

}  // namespace

Result<Holding> look(const StoreOptions& options) {
  Holding holding;
  holding.directory = options.directory.string();
  holding.partitions = options.partitions;
  holding.proposed_store = random_id();
  holding.proposed_nonce = random_number();
  std::error_code error;
  if (!fs::exists(options.directory, error) && !error) return holding;
  if (const auto marker = read_marker(options.directory)) {
    holding.marker = HeldMarker{marker->store, marker->parts, marker->epoch, marker->horizon};
  }
  Result<Listing> listing = list_files(options.directory);
  if (!listing) return listing.failure();

  std::vector<std::unique_ptr<Snapshot>> snapshots;
  std::vector<Found> files;
  for (uint32_t part = 0; part < listing->count; ++part) {
    const fs::path& file = listing->files[part];
    if (!fs::exists(file, error)) continue;
    Result<std::unique_ptr<Snapshot>> snapshot = look_at(file, part);
    if (!snapshot) return snapshot.failure();
    snapshots.push_back(snapshot.take());
    files.push_back({file, part, listing->count, &snapshots.back()->catalog()});
  }
  if (files.empty()) return holding;
  const MetaRow& first = files[0].catalog->meta;
  if (first.dataflow != options.dataflow) {
    return Failure{files[0].file.string() + ": this store belongs to the dataflow \"" +
                   first.dataflow + "\", not to \"" + options.dataflow +
                   "\"; use another directory"};
  }
  if (Outcome identity = check_identity(files); !identity) return identity.failure();

  holding.store = first.store;
  holding.parts = listing->count;
  const std::string machine = this_machine();
  const std::vector<int64_t> holders = PartLocks::holders(options.directory, listing->count);
  for (const Found& found : files) {
    HeldPart& part = holding.held.emplace_back(describe(found));
    Result<Place> place = place_of(found.file, machine);
    if (!place) return place.failure();
    part.place = place.take();
    part.locked_by = holders[part.part];
  }
  return holding;
}

}  // namespace streamhost::recovery
