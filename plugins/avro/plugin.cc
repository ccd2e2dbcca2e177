// The plugin `avro`: values in Avro binary, with schemas of the manifest or of a registry.
#include "decode.h"
#include "encode.h"

SH_PLUGIN("avro", "0.1.0", "Apache-2.0", streamhost::avro::decode_component(),
          streamhost::avro::encode_component())
