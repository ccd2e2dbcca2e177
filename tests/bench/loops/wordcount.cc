#include <array>

#include "lines.h"
#include "loops.h"
#include "output.h"
#include "text_map.h"

namespace bench {
namespace {

// The lowercase byte of each byte of a word; 0 for a byte that ends one.
constexpr std::array<uint8_t, 256> make_lower() {
  std::array<uint8_t, 256> table{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool word = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
                      c == '\'' || c >= 0x80;
    table[c] = static_cast<uint8_t>(!word ? 0 : upper ? c + 32 : c);
  }
  return table;
}
constexpr auto kLower = make_lower();

}  // namespace

void wordcount(const std::string& input, const std::string& output) {
  TextMap<uint64_t> counts(16);
  for_each_block(input, [&](char* at, char* end) {
    while (at != end) {
      while (at != end && kLower[static_cast<uint8_t>(*at)] == 0) ++at;
      char* const word = at;
      // FNV-1a on the way: faster than a second pass by a better hash, for words this short.
      uint64_t hash = 0xcbf29ce484222325u;
      while (const uint8_t c = at != end ? kLower[static_cast<uint8_t>(*at)] : uint8_t{0}) {
        *at++ = static_cast<char>(c);
        hash = (hash ^ c) * 0x100000001b3u;
      }
      if (at != word) {
        ++counts.at({word, static_cast<size_t>(at - word)}, hash ^ (hash >> 32));
      }
    }
  });
  Output out(output);
  counts.each([&](std::string_view word, uint64_t count) {
    out.text(word).text("\t").number(count).text("\n");
  });
  out.close();
}

}  // namespace bench
