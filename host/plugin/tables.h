// The tables of a plugin, copied to the sizes that this host was built with and checked.
//
// A plugin built against an older minor version has shorter structs. The copies have zeros, "not
// implemented", where the plugin's own structs end, so that no other code of the host ever looks at
// a struct_size. Texts and functions stay the plugin's: they live as long as the process.
#pragma once

#include <streamhost/abi.h>

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"

namespace streamhost {

// What can be said before anything else of a plugin is read: magic, version, size. Reads no field
// beyond those. Errors: kPlugin, naming both versions when they do not fit.
Status check_header(const sh_plugin& raw);

// A full-size copy of the plugin and of all its tables, alive as long as the pointer. Only after
// check_header(). Errors: kPlugin, for a table that is missing or has an impossible size.
Result<std::shared_ptr<const sh_plugin>> copy_tables(const sh_plugin& raw);

// Everything else that is wrong with a full-size plugin, each as a phrase; empty when it is fine.
// `file_name`: the name that the file has, without ".so".
std::vector<std::string> check_tables(const sh_plugin& plugin, const std::string& file_name);

// True for [a-z][a-z0-9_]*: the form of every name of a plugin, component, option and port.
bool is_name(const char* text);

// True for the words of a step's table that are the host's own: no option may be called so.
bool is_host_word(const std::string& option);

}  // namespace streamhost
