// From a manifest to a dataflow: components looked up, options checked, arrows drawn, order found.
#pragma once

#include "base/diagnostics.h"
#include "base/status.h"
#include "dataflow/dataflow.h"
#include "manifest/document.h"
#include "plugin/catalog.h"

namespace streamhost {

// The checked graph of a document. Every mistake of the document goes to `diagnostics`, beside
// those that reading it has found; warnings about what runs but was hardly meant come only when
// there are no mistakes. Settings are taken as they are: apply_overrides comes first. Fails with
// diagnostics.status() when there is any error, also an earlier one.
Result<Dataflow> build(const Document& document, const ComponentLookup& lookup,
                       Diagnostics& diagnostics);

}  // namespace streamhost
