// The plugin `protobuf`: see README.md.
#include "operators.h"

SH_PLUGIN("protobuf", "0.1.0", "Apache-2.0", streamhost::protobuf::decode(),
          streamhost::protobuf::encode())
