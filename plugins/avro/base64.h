// Base64 of RFC 4648, with padding.
#pragma once

#include <string>
#include <string_view>

namespace streamhost::avro {

// Writes 4 characters for each 3 bytes that are begun; returns the end.
char* base64_encode(char* to, std::string_view bytes);

// False when the text is not Base64; padding may be left out.
bool base64_decode(std::string_view text, std::string& bytes);

}  // namespace streamhost::avro
