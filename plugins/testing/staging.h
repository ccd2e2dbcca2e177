// The files of a two-phase sink: written in one directory, made visible by moving them to another.
//
//   DIR/staged/0000-5af0….writing               records of the running epoch
//   DIR/staged/000000000007-0000-5af0…          prepared: whole, on the disk, with its final name
//   DIR/committed/000000000007-0000-5af0…       committed: `cat DIR/committed/*` is the output
//
// A handle is the name from prepared on:
//   handle = epoch "-" part "-" ( nonce | "empty" ) .    twelve digits, a label, sixteen hex digits
// Sorting by name sorts by epoch. The nonce is random, so that no two runs ever mean different
// files by one name. An epoch without records is "empty": it has no file, and commits to nothing.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/descriptor.h"

namespace testing_plugin {

struct Handle {
  uint64_t epoch = 0;
  std::string part;   // "0000", or of a worker "w0000"
  std::string nonce;  // or "empty"
};
std::string format_handle(const Handle& handle);
std::optional<Handle> parse_handle(std::string_view text);

// All failures are streamhost::Error (unavailable) with path and reason, unless said otherwise.
class Staging {
 public:
  explicit Staging(std::string directory) : directory_(std::move(directory)) {}

  // Makes the directories that are missing.
  void make() const;

  struct File {
    std::string nonce, path;
    plugin_common::Descriptor descriptor;
  };
  // A new empty file for a part's records.
  File begin(const std::string& part) const;
  // Makes it durable under its final name. What it holds must have been written.
  void prepare(const File& file, const std::string& handle) const;
  void discard(const File& file) const;

  // Makes a prepared file visible, and durable there; nothing is left to do when that was done
  // before. Throws streamhost::Error (state) when there is no such file, prepared or committed.
  void commit(const std::string& handle) const;
  // Removes a prepared file, if there is one. A committed one stays.
  void abort(const std::string& handle) const;
  // Removes what earlier runs left in `staged` of the parts that `mine` is true of, but for `keep`.
  void clear(const std::function<bool(std::string_view part)>& mine, std::string_view keep) const;

 private:
  std::string staged(std::string_view name) const;
  std::string committed(std::string_view name) const;

  std::string directory_;
};

}  // namespace testing_plugin
