// The tables of a file, how a file is made, and how an older one is brought up to date.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "recovery/catalog.h"
#include "recovery/result.h"
#include "recovery/sqlite.h"

namespace streamhost::recovery {

// In the header of every file (application_id): "shst".
inline constexpr int64_t kApplication = 0x73687374;

// Brings a file of version `from` to version `from` + 1, inside a transaction.
struct Migration {
  int64_t from = 0;
  std::function<void(Database&)> run;
};

// A version of the format, and how to come from older ones to it.
struct Format {
  int64_t version = 1;
  std::span<const Migration> migrations;
  std::string schema;  // all CREATE statements of this version, as SQLite keeps them
};

// What this code reads and writes.
const Format& current_format();

// Of a file, in bytes. Chunks fill several; a small epoch writes about five pages. Measured: with
// 4096 a row costs half as much again, with 32768 a small epoch takes much longer.
inline constexpr int64_t kPageSize = 16384;

// Makes a whole file with this `meta` and nothing else: under another name first, so that there is
// never half a file. Replaces what is there.
Outcome make_file(const std::filesystem::path& file, const MetaRow& meta);

// Sees whether the file is one of ours, of a version that can be read; `version` becomes its.
void check_version(Database& database, const Format& format, int64_t& version);

// Runs the migrations that lead to the format's version, in one transaction.
void migrate(Database& database, const Format& format, int64_t version);

// Sees whether the tables are exactly those of the format.
void check_schema(Database& database, const Format& format);

// Writes names into the disk's directory, so that they survive a crash of the machine.
Outcome sync_directory(const std::filesystem::path& directory);

}  // namespace streamhost::recovery
