// A store whose files lie with several processes of a cluster, each file opened by one process that
// has it. Every process looks at what it has (a Holding); the Holdings of all go to all, by
// whatever means; each process then works out the same Share from them and opens its part of the
// store:
//
//   Result<Holding> mine = look(options);
//   ... every process gets encode(*mine) of every other one, and decodes them: `all`, by process
//   Result<Share> share = agree(all);                          // the same everywhere
//   auto store = Store::open(options, *share, self);           // locks and opens our files
//   ... encode((*store)->steps()) goes to all: combine() gives the steps of the whole store. All
//   ... have opened now; rows are read and given to whoever needs them, until all are there
//   (*store)->begin(execution, steps, drop);
//   ... rows go to the process that (*store)->process_of(step, key) names
//   (*store)->end_epoch(1, {}, [](Outcome durable) { ... });   // tell all others
//   (*store)->note_committed(1);                               // once it is durable with all
//
// Before look() every process of the last attempt has closed its Store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recovery/result.h"
#include "recovery/store.h"

namespace streamhost::recovery {

// More parts than that no store has.
inline constexpr uint32_t kMaxParts = 4096;

// Where a file really is: processes that see one file through different folders see the same place,
// and those that have copies of it do not.
struct Place {
  std::string machine;  // differs between machines, and from boot to boot
  uint64_t device = 0, inode = 0;
  bool operator==(const Place&) const = default;
};

struct HeldEpoch {
  int64_t epoch = 0;
  int64_t execution = 0, nonce = 0;  // that wrote it
  bool operator==(const HeldEpoch&) const = default;
};

// A file as one process sees it.
struct HeldPart {
  uint32_t part = 0;
  std::string path;
  Place place;
  int64_t sum = 0;                                   // another one after every change
  int64_t horizon = 0;                               // the oldest epoch it can give; 0: any
  int64_t execution = 0, nonce = 0, started_us = 0;  // its newest execution; 0: none yet
  std::vector<HeldEpoch> epochs;                     // oldest first
  int64_t locked_by = 0;  // a process id; 0: nobody; -1: somebody, it cannot be told who

  int64_t newest_epoch() const { return epochs.empty() ? 0 : epochs.back().epoch; }
  // Nothing was ever committed to it.
  bool untouched() const { return epochs.empty() && horizon == 0; }
};

// What the file `committed` of a directory says (marker.h).
struct HeldMarker {
  std::string store;
  uint32_t parts = 0;
  int64_t epoch = 0, horizon = 0;
};

// What one process sees of a store in its directory, and what it would propose.
struct Holding {
  std::string directory;
  std::optional<uint32_t> partitions;  // StoreOptions::partitions
  std::string store;                   // random, the same in all files; "": no file is here
  uint32_t parts = 0;                  // how many the store has; 0: no file is here
  std::vector<HeldPart> held;          // by part; only those that are here
  std::optional<HeldMarker> marker;
  std::string proposed_store;  // 128 random bits in hex, should a new store be made
  int64_t proposed_nonce = 0;  // random, for the execution that begins next
};

// Looks at the store of a directory, without locks; writes nothing, also while another process has
// the store open. A directory that is not there is an empty holding. Refuses, as Store::open()
// does: damage, another dataflow's store, a newer format, files of several stores. (A file of an
// older format is brought up to date, see FORMAT.md.)
Result<Holding> look(const StoreOptions& options);

std::string encode(const Holding& holding);
// Refuses bytes that encode() has not made; takes no more memory than a few times what they have.
Result<Holding> decode(std::string_view bytes);

// What the processes have agreed on.
struct Share {
  struct Part {
    uint32_t process = 0;          // opens it, or makes it, in its own directory
    bool make = false;             // it is not there yet
    int64_t sum = 0, horizon = 0;  // what it looked like
  };
  uint32_t processes = 1;
  std::string store;
  std::vector<Part> parts;
  int64_t resume_epoch = 0;          // the newest that all files have; 0: none
  int64_t execution = 0, nonce = 0;  // of the execution that begins
  int64_t horizon = 0;               // the newest of all files'
  std::vector<std::string> notes;    // for the log: older copies that are left alone
};

// Works out which process opens which part, and where to resume. `all`: by process, at least one.
// Each part goes to a process that sees it, so that each has about as many as the others; of
// different copies the newest counts (execution, then epoch). A new store gets as many parts as the
// options say, or one for each process: part i with process i % n. The same goes for a store whose
// making was interrupted. The same `all` gives the same share, or the same refusal, everywhere.
// Refuses, naming processes and files: a store at work; parts on no process; files that do not
// belong together; copies that have gone different ways; files of different ages without a common
// epoch; less than what is known to be committed; another number of partitions than asked for.
Result<Share> agree(const std::vector<Holding>& all);

// Steps as one process's files have them (Store::steps()), to be sent to the others.
std::string encode(const std::vector<StoredStep>& steps);
// The steps of the whole store, from what encode() gave in every process.
Result<std::vector<StoredStep>> combine(const std::vector<std::string>& all);

}  // namespace streamhost::recovery
