// What Confluent's serializers put before a message: a byte 0, the id of its schema in four bytes,
// most significant first, and the place of the message type in the schema's file: the number of
// indexes, then those, all as zigzag varints. The path [0], which is the common one, is written as
// a single byte 0.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "descriptor_set.h"

namespace streamhost::protobuf {

struct Frame {
  uint32_t schema_id = 0;
  size_t size = 0;  // of the frame, that is, where the message begins
};

// Reads the frame at the start of `bytes`, its path into `path`. Throws bad_data when there is
// none.
Frame read_frame(std::string_view bytes, MessagePath& path);

std::string frame_text(uint32_t schema_id, const MessagePath& path);

// "[1, 0]", for messages.
std::string path_text(const MessagePath& path);

}  // namespace streamhost::protobuf
