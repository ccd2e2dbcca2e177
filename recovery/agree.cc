#include <algorithm>
#include <numeric>

#include "recovery/agreement.h"
#include "recovery/directory.h"
#include "recovery/shares.h"

namespace streamhost::recovery {
namespace {

// A copy of a part, and who sees it.
struct Copy {
  uint32_t process = 0;
  const HeldPart* part = nullptr;
};

// How new: by execution, then epoch.
std::pair<int64_t, int64_t> age(const HeldPart& part) {
  return {part.execution, part.newest_epoch()};
}

class Agreement {
 public:
  explicit Agreement(const std::vector<Holding>& all) : all_(all) {}
  Result<Share> run();

 private:
  // "process 1: /d/part-0-of-3.sqlite"
  std::string name(uint32_t process, const std::string& path) const {
    return all_.size() == 1 ? path : "process " + std::to_string(process) + ": " + path;
  }
  std::string name(const Copy& copy) const { return name(copy.process, copy.part->path); }
  std::string everywhere() const;

  Outcome check_options() const;
  Outcome check_stores() const;
  // The newest copies of each part; which processes could open it.
  Outcome choose();
  Outcome check_missing();
  Outcome find_epoch();
  Outcome check_markers() const;
  void deal();
  void number_execution();
  void note_copies();

  const std::vector<Holding>& all_;
  const Holding* first_ = nullptr;  // that has any file
  uint32_t first_process_ = 0;
  std::vector<std::vector<Copy>> chosen_;  // by part: equally new ones, by process
  Share share_;
};

std::string Agreement::everywhere() const {
  std::string text;
  for (uint32_t p = 0; p < all_.size(); ++p) {
    text += (p == 0 ? "" : ", ") + std::string("process ") + std::to_string(p) + " looked in " +
            all_[p].directory;
  }
  return text;
}

Outcome Agreement::check_options() const {
  for (uint32_t p = 1; p < all_.size(); ++p) {
    if (all_[p].partitions == all_[0].partitions) continue;
    const auto text = [](const Holding& holding) {
      return holding.partitions ? std::to_string(*holding.partitions) + " partitions"
                                : std::string("no number of partitions");
    };
    return Failure{name(p, all_[p].directory) + ": asked for " + text(all_[p]) +
                   ", but process 0 for " + text(all_[0]) + "; start all with the same"};
  }
  return {};
}

Outcome Agreement::check_stores() const {
  for (uint32_t p = 0; p < all_.size(); ++p) {
    const Holding& holding = all_[p];
    if (holding.parts == 0 || &holding == first_) continue;
    const std::string here = name(p, holding.held[0].path);
    const std::string there = name(first_process_, first_->held[0].path);
    if (holding.store != first_->store) {
      return Failure{here + ": belongs to another store than " + there +
                     "; put the right files back"};
    }
    if (holding.parts != first_->parts) {
      return Failure{here + ": is one of " + std::to_string(holding.parts) + " files, but " +
                     there + " is one of " + std::to_string(first_->parts) +
                     "; put the right files back"};
    }
  }
  if (all_[0].partitions && *all_[0].partitions != first_->parts) {
    return Failure{name(first_process_, first_->directory) + ": the store has " +
                   std::to_string(first_->parts) + " partitions and cannot be opened with " +
                   std::to_string(*all_[0].partitions) +
                   "; leave partitions out, or begin anew in another directory"};
  }
  return {};
}

Outcome Agreement::choose() {
  chosen_.resize(share_.parts.size());
  for (uint32_t p = 0; p < all_.size(); ++p) {
    for (const HeldPart& part : all_[p].held) {
      std::vector<Copy>& copies = chosen_[part.part];
      if (!copies.empty() && age(*copies[0].part) > age(part)) continue;
      if (!copies.empty() && age(*copies[0].part) < age(part)) copies.clear();
      copies.push_back({p, &part});
    }
  }
  for (const auto& copies : chosen_) {
    for (const Copy& copy : copies) {
      if (copy.part->nonce == copies[0].part->nonce) continue;
      return Failure{name(copy) + ": has gone another way than the copy " + name(copies[0]) +
                     ": each has an execution " + std::to_string(copy.part->execution) +
                     " of its own; take one of them away"};
    }
  }
  return {};
}

// Files that are missing may be made (again) as long as nothing was ever committed.
Outcome Agreement::check_missing() {
  for (uint32_t part = 0; part < chosen_.size(); ++part) {
    share_.parts[part].make = chosen_[part].empty();
  }
  const auto gone = std::find_if(chosen_.begin(), chosen_.end(),
                                 [](const auto& copies) { return copies.empty(); });
  if (gone == chosen_.end()) return {};
  const auto part = static_cast<uint32_t>(gone - chosen_.begin());
  const auto committed = std::find_if(all_.begin(), all_.end(), [](const Holding& holding) {
    return holding.marker && holding.marker->epoch > 0;
  });
  const bool begun = std::any_of(chosen_.begin(), chosen_.end(), [](const auto& copies) {
    return !copies.empty() && !copies[0].part->untouched();
  });
  if (committed == all_.end() && !begun) return {};
  const bool alone = all_.size() == 1;
  const auto count =
      first_ == nullptr ? committed->marker->parts : static_cast<uint32_t>(chosen_.size());
  std::string message =
      alone ? (std::filesystem::path(all_[0].directory) / part_name(part, count)).string()
            : part_name(part, count);
  message += ": missing";
  if (first_ == nullptr) {
    message +=
        ", though epoch " + std::to_string(committed->marker->epoch) + " was committed to it";
  } else {
    message += ", one of the " + std::to_string(count) + " files of the store";
  }
  if (!alone) message += ", on every process (" + everywhere() + ")";
  message += first_ == nullptr ? "; put it back, or, to begin anew, use another directory"
                               : "; put it back, or begin anew in another directory";
  return Failure{message};
}

Outcome Agreement::find_epoch() {
  if (std::any_of(chosen_.begin(), chosen_.end(), [](const auto& c) { return c.empty(); })) {
    return {};
  }
  std::vector<Known> known;
  for (const auto& copies : chosen_) known.push_back({name(copies[0]), copies[0].part});
  Result<int64_t> epoch = common_epoch(known);
  if (!epoch) return epoch.failure();
  share_.resume_epoch = *epoch;
  for (const Known& file : known) share_.horizon = std::max(share_.horizon, file.part->horizon);
  return {};
}

Outcome Agreement::check_markers() const {
  if (first_ == nullptr) return {};
  for (uint32_t p = 0; p < all_.size(); ++p) {
    const Holding& holding = all_[p];
    if (!holding.marker) continue;
    const std::string found = holding.held.empty() ? holding.directory : holding.held[0].path;
    if (Outcome known = check_marker(*holding.marker, share_.store, share_.resume_epoch,
                                     name(p, found), holding.directory);
        !known) {
      return known;
    }
  }
  return {};
}

// Parts that few can open first, so that they do not end up with one that has others already.
void Agreement::deal() {
  const auto processes = static_cast<uint32_t>(all_.size());
  std::vector<uint32_t> load(processes, 0);
  std::vector<uint32_t> order;
  for (uint32_t part = 0; part < chosen_.size(); ++part) {
    if (chosen_[part].empty()) {
      share_.parts[part].process = part % processes;
      ++load[part % processes];
    } else {
      order.push_back(part);
    }
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return chosen_[a].size() < chosen_[b].size(); });
  for (const uint32_t part : order) {
    const Copy* least = nullptr;
    for (const Copy& copy : chosen_[part]) {
      if (least == nullptr || load[copy.process] < load[least->process]) least = &copy;
    }
    ++load[least->process];
    share_.parts[part].process = least->process;
    share_.parts[part].sum = least->part->sum;
    share_.parts[part].horizon = least->part->horizon;
  }
}

// Greater than any that a file has ever seen, also in a copy that is left alone.
void Agreement::number_execution() {
  for (const Holding& holding : all_) {
    for (const HeldPart& part : holding.held) {
      share_.execution = std::max(share_.execution, part.execution);
    }
  }
  ++share_.execution;
  share_.nonce = all_[0].proposed_nonce;
}

void Agreement::note_copies() {
  for (uint32_t part = 0; part < chosen_.size(); ++part) {
    const auto own =
        std::find_if(chosen_[part].begin(), chosen_[part].end(),
                     [&](const Copy& copy) { return copy.process == share_.parts[part].process; });
    if (own == chosen_[part].end()) continue;
    std::vector<Place> noted{own->part->place};
    for (uint32_t p = 0; p < all_.size(); ++p) {
      for (const HeldPart& other : all_[p].held) {
        if (other.part != part) continue;
        if (std::find(noted.begin(), noted.end(), other.place) != noted.end()) continue;
        noted.push_back(other.place);
        share_.notes.push_back(name(p, other.path) + ": a copy that is not used; " + name(*own) +
                               " is");
      }
    }
  }
}

Result<Share> Agreement::run() {
  share_.processes = static_cast<uint32_t>(all_.size());
  if (Outcome same = check_options(); !same) return same.failure();
  for (uint32_t p = 0; p < all_.size() && first_ == nullptr; ++p) {
    if (all_[p].parts == 0) continue;
    first_ = &all_[p];
    first_process_ = p;
  }
  if (first_ == nullptr) {
    share_.store = all_[0].proposed_store;
    share_.parts.resize(all_[0].partitions.value_or(share_.processes));
  } else {
    if (Outcome stores = check_stores(); !stores) return stores.failure();
    share_.store = first_->store;
    share_.parts.resize(first_->parts);
  }
  if (Outcome chosen = choose(); !chosen) return chosen.failure();
  if (Outcome missing = check_missing(); !missing) return missing.failure();
  if (Outcome found = find_epoch(); !found) return found.failure();
  if (Outcome known = check_markers(); !known) return known.failure();
  deal();
  number_execution();
  note_copies();
  return std::move(share_);
}

}  // namespace

Result<Share> agree(const std::vector<Holding>& all) {
  Result<Share> share = Agreement(all).run();
  if (share) return share;
  // What is wrong may only look so because a job writes to it right now.
  for (uint32_t p = 0; p < all.size(); ++p) {
    for (const HeldPart& part : all[p].held) {
      if (part.locked_by == 0) continue;
      const std::string who = all.size() == 1 ? "" : "process " + std::to_string(p) + ": ";
      return store_in_use(who + all[p].directory, part.locked_by);
    }
  }
  return share;
}

}  // namespace streamhost::recovery
