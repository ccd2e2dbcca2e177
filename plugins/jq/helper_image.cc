#include "helper_image.h"

// STREAMHOST_JQ_HELPER: the path of the executable, from CMakeLists.txt.
__asm__(
    ".pushsection .rodata\n"
    ".balign 16\n"
    ".local streamhost_jq_image_begin, streamhost_jq_image_end\n"
    "streamhost_jq_image_begin:\n"
    ".incbin \"" STREAMHOST_JQ_HELPER
    "\"\n"
    "streamhost_jq_image_end:\n"
    ".popsection\n");

extern "C" {
[[gnu::visibility("hidden")]] extern const char streamhost_jq_image_begin[];
[[gnu::visibility("hidden")]] extern const char streamhost_jq_image_end[];
}

namespace streamhost::jq {

std::string_view helper_image() {
  return {streamhost_jq_image_begin,
          static_cast<size_t>(streamhost_jq_image_end - streamhost_jq_image_begin)};
}

}  // namespace streamhost::jq
