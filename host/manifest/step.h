// The tables [source.ID], [operator.ID] and [sink.ID].
#pragma once

#include <string>

#include "base/diagnostics.h"
#include "base/value.h"
#include "manifest/document.h"

namespace streamhost {

// Reads one step's table. Mistakes go to `diagnostics`; what is wrong is left out of the result, so
// that other checks can go on.
StepSpec read_step(StepKind kind, const std::string& id, const Value& table,
                   Diagnostics& diagnostics);

}  // namespace streamhost
