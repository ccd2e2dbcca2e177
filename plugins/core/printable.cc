#include "printable.h"

#include "common/utf8.h"

namespace streamhost::core {

std::string printable(std::string_view bytes, size_t limit) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string text;
  size_t at = 0;
  while (at < bytes.size()) {
    const size_t length = plugin_common::utf8_length(bytes.substr(at));
    if (at + (length == 0 ? 1 : length) > limit) break;
    const auto byte = static_cast<unsigned char>(bytes[at]);
    if (byte == '\n') {
      text += "\\n";
    } else if (byte == '\r') {
      text += "\\r";
    } else if (byte == '\t') {
      text += "\\t";
    } else if (length == 0 || byte < 0x20 || byte == 0x7F) {
      text += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      text += bytes.substr(at, length);
    }
    at += length == 0 ? 1 : length;
  }
  if (at < bytes.size()) text += "... (" + std::to_string(bytes.size()) + " bytes)";
  return text;
}

}  // namespace streamhost::core
