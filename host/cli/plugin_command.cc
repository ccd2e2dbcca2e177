#include <iostream>

#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/open_job.h"
#include "plugin/describe.h"

namespace streamhost {

int plugin_list_command(const CommandLine& line) {
  const auto catalog = open_catalog(line);
  const Catalog::Listing listing = catalog->load_all();
  std::cout << (line.json ? list_json(listing) : list_text(listing));
  int status = 0;
  for (const Status& failure : listing.failures) status = report(failure);
  return status;
}

int plugin_show_command(const CommandLine& line) {
  const auto catalog = open_catalog(line);
  auto text = line.json ? show_json(*catalog, line.component) : show_text(*catalog, line.component);
  if (!text) return report(text.status());
  std::cout << *text;
  return 0;
}

}  // namespace streamhost
