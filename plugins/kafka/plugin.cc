// The plugin `kafka`: topics of Kafka, read and written. See README.md.
#include <streamhost/sdk.hpp>

#include "sink.h"
#include "source.h"

SH_PLUGIN("kafka", "0.1.0", "Apache-2.0", kafka_plugin::source(), kafka_plugin::kafka_sink())
