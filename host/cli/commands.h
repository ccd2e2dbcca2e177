// The verbs of the command line. Each returns the exit status of the process.
#pragma once

#include "cli/command_line.h"

namespace streamhost {

int run_command(const CommandLine& line);
int check_command(const CommandLine& line);
int graph_command(const CommandLine& line);
int plugin_list_command(const CommandLine& line);
int plugin_show_command(const CommandLine& line);
int recovery_init_command(const CommandLine& line);
int recovery_show_command(const CommandLine& line);

}  // namespace streamhost
