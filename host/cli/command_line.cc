#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <iostream>

#include "base/diagnostics.h"
#include "base/json_text.h"
#include "plugin/services.h"

namespace streamhost {
namespace {

// A machine's worth.
constexpr uint32_t kMostProcesses = 64;

void add_manifest(CLI::App& app, CommandLine& line) {
  app.add_option("-m,--manifest", line.manifest, "The job, a TOML file")->type_name("FILE");
}

void add_plugin_path(CLI::App& app, CommandLine& line) {
  app.add_option("--plugin-path", line.plugin_paths,
                 "A directory to search for plugins, before those of the manifest and of "
                 "STREAMHOST_PLUGIN_PATH; may be repeated")
      ->type_name("DIR")
      ->allow_extra_args(false);  // one directory a flag: what follows is something else
}

// One flag for each setting of [run] and [recovery], or of `table` alone, from the same table as
// their other forms.
void add_settings(CLI::App& app, CommandLine& line, std::string_view table = {}) {
  for (const Setting& setting : all_settings()) {
    if (setting.flag_value == nullptr || (!table.empty() && table != setting.table)) continue;
    std::string names = setting.flag;
    if (*setting.short_flag != '\0') names = std::string(setting.short_flag) + "," + names;
    app.add_option_function<std::string>(
           names,
           [&line, &setting](const std::string& text) {
             line.overrides.*setting.flag_value = text;
           },
           std::string(setting.help) + " [" + setting.environment + "]")
        ->type_name(setting.placeholder);
  }
}

// --processes, which goes with no other word about who the processes are. Empty: all is well.
std::string read_processes(const std::string& text, CommandLine& line) {
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, line.processes);
  if (at != end || error != std::errc() || line.processes < 1 || line.processes > kMostProcesses) {
    return "--processes: " + json_string(text) + " is not a whole number from 1 to " +
           std::to_string(kMostProcesses);
  }
  const Overrides& flags = line.overrides;
  const char* other = flags.process_id ? "--process-id" : nullptr;
  if (flags.addresses) other = "--addresses";
  if (flags.hosts) other = "--hosts";
  if (other == nullptr) return {};
  return std::string("--processes gives each process its id and address: leave out ") + other;
}

// The verb that was given, as an application of the library.
const CLI::App& innermost(const CLI::App& app) {
  const auto verbs = app.get_subcommands();
  return verbs.empty() ? app : innermost(*verbs.front());
}

// "streamhost plugin show"
std::string full_name(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return (parent == nullptr ? "" : full_name(*parent) + " ") + app.get_name();
}

// Every flag and verb that could stand where something unknown was found.
std::vector<std::string> known_words(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    words.push_back(verb->get_name());
  }
  return words;
}

// One line about what is wrong with the command line.
std::string complaint(const CLI::App& app, const std::string& library_text) {
  const CLI::App& verb = innermost(app);
  std::string text = library_text;
  // What is unknown explains best why something else is missing.
  const std::vector<std::string> unknown = app.remaining(true);
  if (!unknown.empty()) {
    const std::string word = unknown.front().substr(0, unknown.front().find('='));
    text = (word.front() == '-' ? "unknown flag " : "unknown argument ") + json_string(word) +
           did_you_mean(word, known_words(verb));
  }
  if (text.rfind("A ", 0) == 0) text.front() = 'a';
  return "streamhost: " + text + "; see " + full_name(verb) + " --help\n";
}

}  // namespace

std::optional<CommandLine> parse_command_line(int argc, char** argv, int& exit_status) {
  CommandLine line;
  line.arguments.assign(argv + std::min(argc, 1), argv + argc);
  CLI::App app("Runs the dataflow that a manifest describes.", "streamhost");
  const std::string version = std::string("streamhost ") + host_version();
  app.set_version_flag("--version", version);
  app.footer(
      "Exit status: 0 done, 1 the job failed, 2 wrong usage or manifest, 3 a plugin could not be\n"
      "loaded, 4 the recovery store cannot be used.\n"
      "A secret has no flag: STREAMHOST_CLUSTER_TOKEN.");
  app.require_subcommand(0, 1);
  add_manifest(app, line);
  add_plugin_path(app, line);
  add_settings(app, line);
  app.add_option("--log-level", line.log_level, "trace, debug, info, warn, error or off")
      ->type_name("LEVEL")
      ->capture_default_str();
  app.add_option("--log-format", line.log_format, "text or json")
      ->type_name("FORMAT")
      ->capture_default_str();

  app.add_option("--drop-state", line.drop_state,
                 "Discards what the recovery store has of a step; may be repeated")
      ->type_name("STEP")
      ->allow_extra_args(false);

  std::string processes;
  app.add_option("--processes", processes,
                 "Starts a cluster of N processes on this machine, for trying things")
      ->type_name("N");

  CLI::App* check = app.add_subcommand("check", "Finds every mistake in a manifest; runs nothing");
  add_manifest(*check, line);
  add_plugin_path(*check, line);

  CLI::App* graph = app.add_subcommand("graph", "Draws the dataflow of a manifest");
  add_manifest(*graph, line);
  add_plugin_path(*graph, line);
  graph->add_option("-f,--format", line.graph_format, "mermaid, dot or json")
      ->type_name("FORMAT")
      ->capture_default_str();

  CLI::App* plugin = app.add_subcommand("plugin", "Looks at plugins");
  plugin->require_subcommand(1);
  CLI::App* list = plugin->add_subcommand("list", "Lists the plugins that can be found");
  add_plugin_path(*list, line);
  list->add_flag("--json", line.json, "As JSON");
  CLI::App* show = plugin->add_subcommand("show", "Describes a plugin or one of its components");
  show->add_option("NAME", line.component, "\"file\", or \"file.lines\"")
      ->type_name("")
      ->required();
  add_plugin_path(*show, line);
  show->add_flag("--json", line.json, "As JSON");

  CLI::App* recovery = app.add_subcommand("recovery", "Makes and looks at recovery stores");
  recovery->require_subcommand(1);
  CLI::App* init = recovery->add_subcommand(
      "init", "Makes an empty recovery store; a first run would do it as well");
  add_manifest(*init, line);
  add_settings(*init, line, "recovery");
  init->add_option("--name", line.name, "The dataflow that it is for, where there is no manifest")
      ->type_name("NAME");
  CLI::App* look = recovery->add_subcommand(
      "show", "Lists the executions, epochs, steps and biggest keys of a recovery store");
  add_manifest(*look, line);
  add_settings(*look, line, "recovery");
  look->add_option("--biggest", line.biggest, "How many keys of each step to name")
      ->type_name("N")
      ->capture_default_str();
  look->add_flag("--json", line.json, "As JSON");

  for (CLI::App* verb : {check, graph, plugin, list, show, recovery, init, look})
    verb->set_version_flag("--version", version);
  app.failure_message(
      [](const CLI::App* root, const CLI::Error& error) { return complaint(*root, error.what()); });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help and version are "errors" with status 0 to the library.
    exit_status = app.exit(error, std::cout, std::cerr) == 0 ? 0 : 2;
    return std::nullopt;
  }
  if (*check) line.verb = CommandLine::Verb::kCheck;
  if (*graph) line.verb = CommandLine::Verb::kGraph;
  if (*list) line.verb = CommandLine::Verb::kPluginList;
  if (*show) line.verb = CommandLine::Verb::kPluginShow;
  if (*init) line.verb = CommandLine::Verb::kRecoveryInit;
  if (*look) line.verb = CommandLine::Verb::kRecoveryShow;
  // A store can be named by itself.
  if (*recovery && line.manifest.empty() && !line.overrides.directory) {
    std::cerr << complaint(app,
                           "the recovery store is missing: --manifest FILE or "
                           "--recovery-directory DIR");
    exit_status = 2;
    return std::nullopt;
  }
  if (app.count("--processes") > 0) {
    if (const std::string wrong = read_processes(processes, line); !wrong.empty()) {
      std::cerr << complaint(app, wrong);
      exit_status = 2;
      return std::nullopt;
    }
  }
  const bool reads_manifest = !*plugin && !*recovery;
  if (reads_manifest && line.manifest.empty()) {
    std::cerr << complaint(app, "--manifest FILE is missing");
    exit_status = 2;
    return std::nullopt;
  }
  return line;
}

}  // namespace streamhost
