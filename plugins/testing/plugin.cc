// The plugin `testing`: scripted sources, faults and sinks that show what a host does. See
// README.md.
#include <streamhost/sdk.hpp>

#include "fault_operator.h"
#include "keyed_fault.h"
#include "script.h"
#include "slow.h"
#include "two_phase.h"

SH_PLUGIN("testing", "0.1.0", "Apache-2.0", testing_plugin::script(),
          testing_plugin::fault_operator(), testing_plugin::keyed_fault(), testing_plugin::slow(),
          testing_plugin::two_phase(), testing_plugin::two_phase_dynamic())
