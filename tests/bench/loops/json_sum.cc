#include <simdjson.h>

#include "hash.h"
#include "lines.h"
#include "loops.h"
#include "output.h"
#include "text_map.h"

namespace bench {

void json_sum(const std::string& input, int64_t least, const std::string& output) {
  TextMap<int64_t> sums(12);
  simdjson::ondemand::parser parser;
  for_each_block(input, [&](const char* at, const char* end) {
    while (at != end) {
      const auto* const newline =
          static_cast<const char*>(std::memchr(at, '\n', static_cast<size_t>(end - at)));
      const auto length = static_cast<size_t>(newline - at);
      auto document = parser.iterate(
          simdjson::padded_string_view(at, length, length + simdjson::SIMDJSON_PADDING));
      std::string_view country;
      int64_t amount = 0;
      if (document.find_field_unordered("country").get(country) != simdjson::SUCCESS ||
          document.find_field_unordered("amount").get(amount) != simdjson::SUCCESS) {
        throw std::runtime_error("a line has no country or no amount");
      }
      if (amount >= least) sums.at(country, hash_of(country)) += amount;
      at = newline + 1;
    }
  });
  Output out(output);
  sums.each([&](std::string_view country, int64_t sum) {
    out.text(country).text("\t").number(sum).text("\n");
  });
  out.close();
}

}  // namespace bench
