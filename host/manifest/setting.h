// The single settings of [run], [recovery] and [cluster]. Each can be given in the manifest, by an
// environment variable and, but for [cluster], by a flag; all three go through the same check.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "manifest/settings.h"

namespace streamhost {

// What the command line says, as it was typed; empty for what it does not mention.
struct Overrides {
  std::optional<std::string> workers;
  std::optional<std::string> epoch;
  std::optional<std::string> batch_size;
  std::optional<std::string> memory;
  std::optional<std::string> process_id;
  std::optional<std::string> addresses;  // comma-separated
  std::optional<std::string> hosts;
  std::optional<std::string> directory;
  std::optional<std::string> partitions;
  std::optional<std::string> backup;
};

struct Setting {
  // kOutside: in the manifest it has a form of its own, which somebody else reads.
  enum class Type { kInteger, kIntegerOrText, kText, kList, kSize, kBool, kOutside };

  const char* table;                                  // "run"
  const char* key;                                    // "workers"
  const char* environment;                            // "STREAMHOST_WORKERS"
  const char* flag;                                   // "--workers", or empty: it has none
  const char* short_flag;                             // "-w", or empty
  const char* placeholder;                            // "N", for --help
  const char* help;                                   // one line
  Type type;                                          // what it is in the manifest
  std::optional<std::string> Overrides::*flag_value;  // null without a flag
  // Checks `text` and puts it in its place. Errors quote it (no secret) and say what is accepted.
  Status (*set)(std::string_view text, Settings& settings);
};

// All of them, in the order of the reference. Lives as long as the program.
std::span<const Setting> all_settings();

}  // namespace streamhost
