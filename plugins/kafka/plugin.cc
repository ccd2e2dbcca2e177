// The plugin `kafka`: topics of Kafka. See README.md.
#include <streamhost/sdk.hpp>

#include "source.h"

SH_PLUGIN("kafka", "0.1.0", "Apache-2.0", kafka_plugin::source())
