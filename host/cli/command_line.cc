#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>

#include "dataflow/graph_text.h"
#include "plugin/services.h"

namespace streamhost {
namespace {

void add_manifest(CLI::App& app, CommandLine& line, bool required) {
  auto* option = app.add_option("-m,--manifest", line.manifest, "The job, a TOML file");
  option->type_name("FILE");
  if (required) option->required();
}

void add_plugin_path(CLI::App& app, CommandLine& line) {
  app.add_option("--plugin-path", line.plugin_paths,
                 "A directory to search for plugins, before those of the manifest and of "
                 "STREAMHOST_PLUGIN_PATH; may be repeated")
      ->type_name("DIR");
}

// One flag for each setting of [run] and [recovery], from the same table as their other forms.
void add_settings(CLI::App& app, CommandLine& line) {
  for (const Setting& setting : all_settings()) {
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

}  // namespace

std::optional<CommandLine> parse_command_line(int argc, char** argv, int& exit_status) {
  CommandLine line;
  CLI::App app("Runs the dataflow that a manifest describes.", "streamhost");
  app.set_version_flag("--version", std::string("streamhost ") + host_version());
  app.footer(
      "Exit status: 0 done, 1 the job failed, 2 wrong usage or manifest, 3 a plugin could not be\n"
      "loaded, 4 the recovery store cannot be used.");
  app.require_subcommand(0, 1);
  add_manifest(app, line, false);
  add_plugin_path(app, line);
  add_settings(app, line);
  app.add_option("--log-level", line.log_level, "trace, debug, info, warn, error or off")
      ->type_name("LEVEL")
      ->capture_default_str();
  app.add_option("--log-format", line.log_format, "text or json")
      ->type_name("FORMAT")
      ->capture_default_str();

  CLI::App* check = app.add_subcommand("check", "Finds every mistake in a manifest; runs nothing");
  add_manifest(*check, line, true);
  add_plugin_path(*check, line);

  CLI::App* graph = app.add_subcommand("graph", "Draws the dataflow of a manifest");
  add_manifest(*graph, line, true);
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
  show->add_option("NAME", line.component, "\"file\", or \"file.lines\"")->required();
  add_plugin_path(*show, line);
  show->add_flag("--json", line.json, "As JSON");

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
  if (line.verb == CommandLine::Verb::kRun && line.manifest.empty()) {
    std::cerr << "streamhost: --manifest FILE is missing; see streamhost --help\n";
    exit_status = 2;
    return std::nullopt;
  }
  return line;
}

}  // namespace streamhost
