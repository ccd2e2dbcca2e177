// What a manifest says besides its steps: the tables [run], [recovery], [cluster], [plugins] and
// [web].
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "base/value.h"

namespace streamhost {

struct RunSettings {
  uint32_t workers = 1;  // 0: one per core; apply_overrides puts their number in its place
  int64_t epoch_us = 10'000'000;
  uint32_t batch_size = 1024;  // records
  int64_t memory = 256 << 20;  // bytes of records in flight between workers
  uint32_t process_id = 0;
  bool process_id_given = false;       // if not, find_processes() finds it out
  std::vector<std::string> addresses;  // "host:port" of every process, by id; none: one process
  std::string hosts;                   // a file with the addresses; empty: none
};

struct RecoverySettings {
  std::string directory;    // empty: no recovery
  uint32_t partitions = 0;  // 0: as many as the store has, or 1 for a new one
  int64_t backup_us = 0;
  std::vector<std::string> drop_state;  // steps whose stored state is discarded
};

// How the processes of a cluster talk to each other.
struct ClusterSettings {
  enum class Compression { kNone, kLz4, kZstd };

  // TLS 1.3 with certificates on both sides: files, all three or none.
  std::filesystem::path tls_cert, tls_key, tls_ca;
  std::string token;      // a secret that all processes share; empty: none
  bool insecure = false;  // plain and open to everyone, though not on loopback
  std::string listen;     // "host:port" to listen on; empty: the process's own address
  Compression compression = Compression::kNone;
  int64_t timeout_us = 10'000'000;  // a process that was not heard of for so long is lost
  int64_t wait_us = 300'000'000;    // how long the others wait for one that is not there
};

struct PluginSettings {
  std::vector<std::filesystem::path> paths;   // directories, before all others
  std::map<std::string, std::string> sha256;  // plugin name to the digest it must have, lower case
};

struct WebSettings {
  std::string listen;  // "host:port"; empty: no server
};

struct Settings {
  RunSettings run;
  RecoverySettings recovery;
  ClusterSettings cluster;
  PluginSettings plugins;
  WebSettings web;
};

// The tables that read_settings takes: "run", "recovery", "cluster", "plugins", "web".
const std::vector<std::string>& settings_tables();

// Reads one of these tables into `settings`. Relative paths are taken from `folder`. Mistakes go to
// `diagnostics`; what is wrong keeps its default.
void read_settings(const std::string& table_name, const Value& table,
                   const std::filesystem::path& folder, Settings& settings,
                   Diagnostics& diagnostics);

}  // namespace streamhost
