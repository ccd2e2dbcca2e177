// What plugins offer, written out for people (text) and for programs (JSON): the output of
// `streamhost plugin list` and `streamhost plugin show`.
#pragma once

#include <string>

#include "base/status.h"
#include "plugin/catalog.h"

namespace streamhost {

// One paragraph per plugin: name, version, license, file, and its components by kind. Failures are
// not in it: the caller reports them. Ends with a newline, empty when there is no plugin.
std::string list_text(const Catalog::Listing& listing);

// An array with one object per plugin, failures included as { "error": … }. Ends with a newline.
std::string list_json(const Catalog::Listing& listing);

// Everything about the plugin `id` ("file"), or about the components called `id` ("file.lines"; a
// source and a sink may share a name), after loading it. Errors: kPlugin as Catalog::load; kUsage
// when it has no such component. [any thread]
Result<std::string> show_text(Catalog& catalog, const std::string& id);
Result<std::string> show_json(Catalog& catalog, const std::string& id);

// "keyed operator" where kind_name() says "operator"; otherwise the same.
const char* exact_kind_name(Component::Kind kind);

}  // namespace streamhost
