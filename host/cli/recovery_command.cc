#include <iostream>

#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/open_job.h"
#include "cli/recovery_text.h"
#include "manifest/manifest.h"
#include "manifest/overrides.h"
#include "recovery/report.h"
#include "recovery/store.h"

namespace streamhost {
namespace {

// Which store is meant, and for which dataflow: what the manifest says, if there is one, with what
// environment and flags say on top.
struct Named {
  std::string dataflow;
  RecoverySettings settings;
};

Result<Named> named_store(const CommandLine& line) {
  Diagnostics diagnostics;
  Document document;
  if (!line.manifest.empty()) {
    auto loaded = load_manifest(line.manifest, process_environment(), diagnostics);
    if (!loaded) {
      diagnostics.error({}, loaded.status().message());
      return diagnostics.status();
    }
    document = loaded.take();
  }
  apply_overrides(line.overrides, process_environment(), document.settings, diagnostics);
  if (Status status = diagnostics.status(); !status) return status;
  Named named{document.name, document.settings.recovery};
  if (!line.name.empty()) named.dataflow = line.name;
  if (named.settings.directory.empty()) {
    return Status::usage("streamhost: " + line.manifest +
                         " names no recovery store: add [recovery] directory, or say "
                         "--recovery-directory DIR");
  }
  return named;
}

}  // namespace

int recovery_init_command(const CommandLine& line) {
  auto named = named_store(line);
  if (!named) return report_start(named.status());
  if (named->dataflow.empty()) {
    return report_start(Status::usage(
        "streamhost: a recovery store belongs to a dataflow: say --manifest FILE or --name NAME"));
  }
  const uint32_t partitions = std::max(1u, named->settings.partitions);
  const recovery::Outcome made =
      recovery::Store::create(named->settings.directory, named->dataflow, partitions);
  if (!made) return report(Status(Code::kRecovery, made.failure().message));
  std::cout << named->settings.directory << ": an empty recovery store for the dataflow \""
            << named->dataflow << "\", " << partitions
            << (partitions == 1 ? " partition\n" : " partitions\n");
  return 0;
}

int recovery_show_command(const CommandLine& line) {
  auto named = named_store(line);
  if (!named) return report_start(named.status());
  const auto found = recovery::report(named->settings.directory, line.biggest);
  if (!found) return report(Status(Code::kRecovery, found.failure().message));
  std::cout << (line.json ? report_json(*found) : report_text(*found, named->settings.directory));
  return 0;
}

}  // namespace streamhost
