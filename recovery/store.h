// The recovery store: snapshots of a job, epoch after epoch, in SQLite files that survive whatever
// happens to the process. Knows dataflows by name, executions, epochs, steps and rows, and nothing
// of the engine. FORMAT.md has what is in the files.
//
//   auto store = Store::open({.directory = dir, .dataflow = "wordcount", .partitions = 4});
//   for (auto rows = (*store)->read("counts"); ...) ...          // the state to resume with
//   (*store)->begin(execution, steps, {});
//   (*store)->add(step, std::move(block)); ...                    // all rows of epoch 1
//   (*store)->end_epoch(1, {}, [](Outcome durable) { ... });      // returns at once
//
// An epoch is committed when every file (recovery partition) has it. Rows of an epoch that some
// files have and others do not are given up when the next execution begins.
//
// The files may lie with several processes: see shares.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recovery/result.h"
#include "recovery/row.h"

namespace streamhost::recovery {

struct StoreOptions {
  std::filesystem::path directory;     // made when it is missing
  std::string dataflow;                // the store must belong to it
  std::optional<uint32_t> partitions;  // number of files: of a new store (1 when not given); an
                                       // existing one must have as many
  int64_t backup_us = 0;               // how far back a resume must remain possible
  // Called with the name of each point of the protocol that is passed, on the thread that passes
  // it; for tests that crash there. See points.h.
  std::function<void(std::string_view point)> at;
};

// One run of the job.
struct Execution {
  uint32_t workers = 0;
  uint32_t processes = 1;  // of a shared store: Share::processes, whatever is said here
  std::string host_version;
};

// What the store has of a step, as of the resume epoch.
struct StoredStep : StepInfo {
  uint64_t rows = 0;  // about: rows that were replaced since may count
  uint64_t bytes = 0;
  uint32_t newest_version = 0;  // of any row
};

// Reads the rows of one step as of the resume epoch, each key once, in no particular order. Uses
// little memory however many there are.
class RowReader {
 public:
  virtual ~RowReader() = default;
  // The next row, valid until the next call; empty at the end, or when reading failed (see
  // outcome()): a checksum that is wrong, a file that cannot be read.
  virtual std::optional<Row> next() = 0;
  virtual const Outcome& outcome() const = 0;
};

struct Share;  // shares.h

// Of a store that is shared by several processes, what this process has of it: "file" then means
// those that it opened, which may be none.
class Store {
 public:
  // Opens the store of a directory, all of it, and locks it against every other process; makes a
  // new one when there is none. A store that exists is only looked at: nothing is written before
  // begin(), so a refusal leaves every byte as it was. Refuses, naming the file and the way out: a
  // directory that cannot be written; another process at work (with its process id); another
  // dataflow's store; a newer format; missing files; files that do not belong together; files of
  // different ages without a common epoch; damage; another number of partitions.
  static Result<std::unique_ptr<Store>> open(StoreOptions options);
  // Opens, or makes, and locks the files that process `self` has been given. Refuses besides: a
  // file that is not any more what was agreed on.
  static Result<std::unique_ptr<Store>> open(StoreOptions options, const Share& share,
                                             uint32_t self);
  // Makes an empty store; refuses when there is one already.
  static Outcome create(const std::filesystem::path& directory, const std::string& dataflow,
                        uint32_t partitions);
  // Waits for what end_epoch() has begun, then closes.
  virtual ~Store() = default;

  // The newest epoch that every file, with whichever process, has; 0 when there is nothing to
  // resume.
  virtual uint64_t resume_epoch() const = 0;
  // Every step that has rows, or had when it was last run; also those that later executions did not
  // have any more.
  virtual const std::vector<StoredStep>& steps() const = 0;
  // Null when the store knows no such step. Before begin(); each reader belongs to one thread, but
  // several threads may read at once. [any thread]
  virtual Result<std::unique_ptr<RowReader>> read(std::string_view step) = 0;
  // The rows of a step that were written for an epoch beyond resume_epoch(), which never became
  // whole. Usually few. Before begin(), which forgets them.
  virtual Result<std::vector<std::pair<std::string, std::string>>> unfinished(
      std::string_view step) = 0;

  // Begins an execution: gives up everything beyond resume_epoch(), notes the execution, and starts
  // the writing thread. What the steps are now, and that all rows of the steps in `drop` go, comes
  // into force with the execution's first epoch, in all files or none: until that is committed a
  // resume finds everything as it was. Readers must be gone. Durable when it returns; once only,
  // also when it failed. With several processes: when all have opened their files.
  virtual Outcome begin(const Execution& execution, const std::vector<StepInfo>& steps,
                        const std::vector<std::string>& drop) = 0;

  // The file that keeps a row, and the process that keeps the file; `step` is an index into
  // begin()'s steps. A hash of the key and a multiplication. After begin(). [any thread]
  virtual uint32_t part_of(uint32_t step, std::string_view key) const = 0;
  virtual uint32_t process_of(uint32_t step, std::string_view key) const = 0;

  // Adds rows of the epoch in hand, all of which process_of() gives to this process (the epoch
  // fails otherwise); `step` is an index into begin()'s steps. Not between end_epoch() and its
  // `durable`. Never blocks on the disk. [any thread]
  virtual void add(uint32_t step, RowBlock block) = 0;
  // True while so much waits to be written that adding more should wait. [any thread]
  virtual bool congested() const = 0;
  // Ends the epoch in hand, with a number greater than the last one's: what was added since the
  // last call belongs to it. `cleared`: steps of which nothing older remains; what was added for
  // them in this epoch does. Returns at once. `durable` is called on the writing thread when our
  // files have the epoch, safe from a crash of the machine, or when that failed: then every later
  // epoch fails as well. One epoch at a time, and the same ones in all processes. Fails, and writes
  // nothing, when another execution has begun in a file. [any thread]
  virtual void end_epoch(uint64_t epoch, std::vector<uint32_t> cleared,
                         std::function<void(Outcome)> durable) = 0;

  // The epoch is durable in every process: it is committed, and what only older epochs need may
  // go from our files. Never before that; late does no harm. A store of one process notes it by
  // itself. Returns at once. [any thread]
  virtual void note_committed(uint64_t epoch) = 0;
};

}  // namespace streamhost::recovery
