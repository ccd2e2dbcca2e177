#include "manifest/setting.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "base/json_text.h"
#include "base/units.h"
#include "manifest/address.h"

namespace streamhost {
namespace {

constexpr uint32_t kMaxWorkers = 1024;
constexpr uint32_t kMaxBatchSize = 65'536;
constexpr uint32_t kMaxPartitions = 4096;
constexpr int64_t kLeastEpochUs = 1000;
constexpr int64_t kLeastMemory = int64_t{1} << 20;
constexpr size_t kLeastToken = 16;
constexpr int64_t kLeastTimeoutUs = 100'000;
constexpr int64_t kLeastWaitUs = 1'000'000;

Status set_integer(std::string_view text, uint32_t least, uint32_t most, uint32_t& target,
                   std::string_view or_else = {}) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = !text.empty() && end == text.data() + text.size();
  if (!whole || error != std::errc() || value < least || value > most) {
    std::string message = json_string(text) + " is not a whole number from " +
                          std::to_string(least) + " to " + std::to_string(most);
    return Status::usage(message + std::string(or_else));
  }
  target = value;
  return Status::ok();
}

Status set_duration(std::string_view text, int64_t least_us, int64_t& target) {
  const Result<int64_t> us = parse_duration(text);
  if (!us) return us.status();
  if (*us < least_us) {
    return Status::usage(json_string(text) + " is too short: at least \"" +
                         format_duration(least_us) + "\"");
  }
  target = *us;
  return Status::ok();
}

// One-to-one with the rows of the table below.
Status set_workers(std::string_view text, Settings& settings) {
  if (text == "auto") {
    settings.run.workers = 0;
    return Status::ok();
  }
  return set_integer(text, 0, kMaxWorkers, settings.run.workers, ", or \"auto\"");
}

Status set_epoch(std::string_view text, Settings& settings) {
  return set_duration(text, kLeastEpochUs, settings.run.epoch_us);
}

Status set_batch_size(std::string_view text, Settings& settings) {
  return set_integer(text, 1, kMaxBatchSize, settings.run.batch_size);
}

Status set_memory(std::string_view text, Settings& settings) {
  const Result<int64_t> bytes = parse_size(text);
  if (!bytes) return bytes.status();
  if (*bytes < kLeastMemory) {
    return Status::usage(json_string(text) + " is too small: at least \"" +
                         format_size(kLeastMemory) + "\"");
  }
  settings.run.memory = *bytes;
  return Status::ok();
}

Status set_process_id(std::string_view text, Settings& settings) {
  const Status status = set_integer(text, 0, kMaxProcesses - 1, settings.run.process_id);
  if (status) settings.run.process_id_given = true;
  return status;
}

Status set_addresses(std::string_view text, Settings& settings) {
  Result<std::vector<std::string>> addresses = parse_addresses(text);
  if (!addresses) return addresses.status();
  settings.run.addresses = addresses.take();
  settings.run.hosts.clear();
  return Status::ok();
}

Status set_hosts(std::string_view text, Settings& settings) {
  if (text.empty()) return Status::usage("\"\" is not a file");
  settings.run.hosts = text;
  settings.run.addresses.clear();
  return Status::ok();
}

Status set_directory(std::string_view text, Settings& settings) {
  if (text.empty()) return Status::usage("\"\" is not a directory");
  settings.recovery.directory = text;
  return Status::ok();
}

Status set_partitions(std::string_view text, Settings& settings) {
  return set_integer(text, 1, kMaxPartitions, settings.recovery.partitions);
}

Status set_backup(std::string_view text, Settings& settings) {
  return set_duration(text, 0, settings.recovery.backup_us);
}

// Files, or none: three paths do not fit into one text of the manifest, which has a table for them.
Status set_tls(std::string_view text, Settings& settings) {
  ClusterSettings& cluster = settings.cluster;
  if (text == "none") {
    cluster.tls_cert.clear();
    cluster.tls_key.clear();
    cluster.tls_ca.clear();
    return Status::ok();
  }
  const size_t first = text.find(',');
  const size_t second = text.find(',', std::min(first, text.size() - 1) + 1);
  if (second == std::string_view::npos || first == 0 || second == first + 1 ||
      second + 1 == text.size() || text.find(',', second + 1) != std::string_view::npos) {
    return Status::usage(json_string(text) + " is not CERT,KEY,CA: three files, or \"none\"");
  }
  cluster.tls_cert = text.substr(0, first);
  cluster.tls_key = text.substr(first + 1, second - first - 1);
  cluster.tls_ca = text.substr(second + 1);
  return Status::ok();
}

// The one setting that no message may quote.
Status set_token(std::string_view text, Settings& settings) {
  if (text.size() < kLeastToken) {
    return Status::usage("it has " + std::to_string(text.size()) +
                         " bytes, and must have at least " + std::to_string(kLeastToken) +
                         "; `openssl rand -hex 32` makes a good one");
  }
  settings.cluster.token = text;
  return Status::ok();
}

Status set_insecure(std::string_view text, Settings& settings) {
  if (text != "true" && text != "false") {
    return Status::usage(json_string(text) + " is neither \"true\" nor \"false\"");
  }
  settings.cluster.insecure = text == "true";
  return Status::ok();
}

Status set_listen(std::string_view text, Settings& settings) {
  if (Status status = check_address(text, 1); !status) return status;
  settings.cluster.listen = text;
  return Status::ok();
}

Status set_compression(std::string_view text, Settings& settings) {
  using Compression = ClusterSettings::Compression;
  if (text == "none") {
    settings.cluster.compression = Compression::kNone;
  } else if (text == "lz4") {
    settings.cluster.compression = Compression::kLz4;
  } else if (text == "zstd") {
    settings.cluster.compression = Compression::kZstd;
  } else {
    return Status::usage(json_string(text) + " is not \"none\", \"lz4\" or \"zstd\"");
  }
  return Status::ok();
}

Status set_timeout(std::string_view text, Settings& settings) {
  return set_duration(text, kLeastTimeoutUs, settings.cluster.timeout_us);
}

Status set_wait(std::string_view text, Settings& settings) {
  return set_duration(text, kLeastWaitUs, settings.cluster.wait_us);
}

using Type = Setting::Type;

constexpr std::array<Setting, 17> kSettings = {{
    {"run", "workers", "STREAMHOST_WORKERS", "--workers", "-w", "N",
     "worker threads; 0 or \"auto\": one per core", Type::kIntegerOrText, &Overrides::workers,
     set_workers},
    {"run", "epoch", "STREAMHOST_EPOCH", "--epoch", "-s", "DURATION",
     "time from one snapshot to the next", Type::kText, &Overrides::epoch, set_epoch},
    {"run", "batch_size", "STREAMHOST_BATCH_SIZE", "--batch-size", "", "N",
     "most records that are handled in one call", Type::kInteger, &Overrides::batch_size,
     set_batch_size},
    {"run", "memory", "STREAMHOST_MEMORY", "--memory", "", "SIZE",
     "most bytes of records in flight between workers", Type::kSize, &Overrides::memory,
     set_memory},
    {"run", "process_id", "STREAMHOST_PROCESS_ID", "--process-id", "-i", "ID",
     "which of the addresses is this process, from 0", Type::kInteger, &Overrides::process_id,
     set_process_id},
    {"run", "addresses", "STREAMHOST_ADDRESSES", "--addresses", "-a", "HOST:PORT,...",
     "where the processes of the cluster listen, by process id", Type::kList, &Overrides::addresses,
     set_addresses},
    {"run", "hosts", "STREAMHOST_HOSTS", "--hosts", "", "FILE",
     "a file with these addresses, one a line", Type::kText, &Overrides::hosts, set_hosts},
    {"recovery", "directory", "STREAMHOST_RECOVERY_DIRECTORY", "--recovery-directory", "-r", "DIR",
     "where snapshots are kept", Type::kText, &Overrides::directory, set_directory},
    {"recovery", "partitions", "STREAMHOST_RECOVERY_PARTITIONS", "--recovery-partitions", "", "N",
     "files that a new recovery store is made of", Type::kInteger, &Overrides::partitions,
     set_partitions},
    {"recovery", "backup", "STREAMHOST_RECOVERY_BACKUP", "--recovery-backup", "-b", "DURATION",
     "how long snapshots that are no longer needed are kept", Type::kText, &Overrides::backup,
     set_backup},
    // Command lines can be seen by everybody on a machine, so there is no flag for a secret; and
    // the rest of [cluster] is the same for every run.
    {"cluster", "tls", "STREAMHOST_CLUSTER_TLS", "", "", "CERT,KEY,CA",
     "certificates for TLS on both sides", Type::kOutside, nullptr, set_tls},
    {"cluster", "token", "STREAMHOST_CLUSTER_TOKEN", "", "", "SECRET",
     "a secret that all processes share", Type::kText, nullptr, set_token},
    {"cluster", "insecure", "STREAMHOST_CLUSTER_INSECURE", "", "", "BOOLEAN", "let everyone in",
     Type::kBool, nullptr, set_insecure},
    {"cluster", "listen", "STREAMHOST_CLUSTER_LISTEN", "", "", "HOST:PORT",
     "where to listen, if not at the own address", Type::kText, nullptr, set_listen},
    {"cluster", "compression", "STREAMHOST_CLUSTER_COMPRESSION", "", "", "KIND",
     "of what goes between processes: none, lz4 or zstd", Type::kText, nullptr, set_compression},
    {"cluster", "timeout", "STREAMHOST_CLUSTER_TIMEOUT", "", "", "DURATION",
     "a process that was not heard of for so long is lost", Type::kText, nullptr, set_timeout},
    {"cluster", "wait", "STREAMHOST_CLUSTER_WAIT", "", "", "DURATION",
     "how long the others wait for one that is not there", Type::kText, nullptr, set_wait},
}};

}  // namespace

std::span<const Setting> all_settings() { return kSettings; }

}  // namespace streamhost
