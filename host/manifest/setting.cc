#include "manifest/setting.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>

#include "base/json_text.h"
#include "base/units.h"

namespace streamhost {
namespace {

constexpr uint32_t kMaxWorkers = 1024;
constexpr uint32_t kMaxBatchSize = 65'536;
constexpr uint32_t kMaxProcesses = 1024;
constexpr uint32_t kMaxPartitions = 4096;
constexpr int64_t kLeastEpochUs = 1000;
constexpr int64_t kLeastMemory = int64_t{1} << 20;

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
  return set_integer(text, 0, kMaxProcesses - 1, settings.run.process_id);
}

Status set_addresses(std::string_view text, Settings& settings) {
  std::vector<std::string> addresses;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string address(text.substr(0, comma));
    if (Status status = check_address(address, 1); !status) return status;
    if (std::find(addresses.begin(), addresses.end(), address) != addresses.end()) {
      return Status::usage(json_string(address) + " is given twice: each process has its own");
    }
    addresses.push_back(address);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
    if (text.empty()) return check_address(text, 1);
  }
  if (addresses.size() > kMaxProcesses) {
    return Status::usage("there are more than " + std::to_string(kMaxProcesses) + " addresses");
  }
  settings.run.addresses = std::move(addresses);
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

using Type = Setting::Type;

constexpr std::array<Setting, 9> kSettings = {{
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
    {"recovery", "directory", "STREAMHOST_RECOVERY_DIRECTORY", "--recovery-directory", "-r", "DIR",
     "where snapshots are kept", Type::kText, &Overrides::directory, set_directory},
    {"recovery", "partitions", "STREAMHOST_RECOVERY_PARTITIONS", "--recovery-partitions", "", "N",
     "files that a new recovery store is made of", Type::kInteger, &Overrides::partitions,
     set_partitions},
    {"recovery", "backup", "STREAMHOST_RECOVERY_BACKUP", "--recovery-backup", "-b", "DURATION",
     "how long snapshots that are no longer needed are kept", Type::kText, &Overrides::backup,
     set_backup},
}};

}  // namespace

std::span<const Setting> all_settings() { return kSettings; }

Status check_address(std::string_view text, unsigned least_port) {
  const auto wrong = [&](std::string_view why) {
    return Status::usage(json_string(text) + " is not an address: " + std::string(why));
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong("write HOST:PORT");
  const std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  if (host.empty()) return wrong("the host is missing, write HOST:PORT");
  if (host.front() == '[') {
    if (host.size() < 4 || host.back() != ']' ||
        host.find_first_not_of("0123456789abcdefABCDEF:.%", 1) != host.size() - 1) {
      return wrong("write an IPv6 address as [ADDRESS]:PORT");
    }
  } else {
    if (host.find(':') != std::string_view::npos) {
      return wrong("write an IPv6 address as [ADDRESS]:PORT");
    }
    const bool plain = std::all_of(host.begin(), host.end(), [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_';
    });
    if (!plain) return wrong("the host may contain only letters, digits and -._");
  }
  uint16_t port = 0;
  const auto [end, error] =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (port_text.empty() || end != port_text.data() + port_text.size() || error != std::errc() ||
      port < least_port) {
    return wrong("the port must be a number from " + std::to_string(least_port) + " to 65535");
  }
  return Status::ok();
}

}  // namespace streamhost
