#include "cli/open_job.h"

#include <iostream>

#include "cli/exit_status.h"
#include "dataflow/build.h"
#include "dataflow/fingerprint.h"
#include "manifest/manifest.h"
#include "manifest/overrides.h"
#include "manifest/processes.h"
#include "plugin/services.h"

namespace streamhost {
namespace {

std::unique_ptr<Catalog> make_catalog(const CommandLine& line, const PluginSettings& plugins) {
  std::vector<std::filesystem::path> named(line.plugin_paths.begin(), line.plugin_paths.end());
  named.insert(named.end(), plugins.paths.begin(), plugins.paths.end());
  Catalog::Settings settings;
  settings.directories = plugin_directories(named);
  settings.sha256 = plugins.sha256;
  return std::make_unique<Catalog>(std::move(settings), host_table());
}

// What manifests may already say, but this version does not do: running a job without it would be
// worse than not running it.
void refuse_what_is_missing(const Document& document, Diagnostics& diagnostics) {
  const Settings& settings = document.settings;
  const Location in_file{document.file, 0, 0};
  const auto refuse = [&](const Location& where, const std::string& what) {
    diagnostics.error(where, what + " is not available in version " + host_version());
  };
  if (!settings.web.listen.empty()) refuse(in_file, "the web server ([web] listen)");
}

}  // namespace

Result<OpenJob> open_job(const CommandLine& line) {
  OpenJob job;
  auto document = load_manifest(line.manifest, process_environment(), job.diagnostics);
  if (!document) {
    job.diagnostics.error({}, document.status().message());
    return job.diagnostics.status();
  }
  Settings& settings = document->settings;
  apply_overrides(line.overrides, process_environment(), settings, job.diagnostics);
  std::optional<std::string> host_name;
  if (line.verb == CommandLine::Verb::kRun) host_name = own_host_name();
  find_processes(host_name, settings, job.diagnostics);
  refuse_what_is_missing(*document, job.diagnostics);
  job.catalog = make_catalog(line, settings.plugins);
  Catalog& catalog = *job.catalog;
  auto flow = build(
      *document,
      [&catalog](const std::string& id, Component::Kind kind) { return catalog.find(id, kind); },
      job.diagnostics);
  if (!flow) return flow.status();
  job.flow = flow.take();
  job.cluster = settings.cluster;
  job.fingerprint = fingerprint(*document, job.flow);
  job.flow.recovery.drop_state = line.drop_state;
  if (!line.drop_state.empty() && job.flow.recovery.directory.empty()) {
    return Status::usage(
        "streamhost: --drop-state needs a recovery store: [recovery] directory, or "
        "--recovery-directory DIR");
  }
  return job;
}

std::unique_ptr<Catalog> open_catalog(const CommandLine& line) { return make_catalog(line, {}); }

int report(const Status& status) {
  if (!status) std::cerr << "streamhost: " << status.message() << '\n';
  return exit_status(status);
}

int report_start(const Status& status) {
  if (status.code() == Code::kFailed) return report(status);
  if (!status) std::cerr << status.message() << '\n';
  return exit_status(status);
}

void show_warnings(const OpenJob& job) {
  if (!job.diagnostics.all().empty()) std::cerr << job.diagnostics.text() << '\n';
}

}  // namespace streamhost
