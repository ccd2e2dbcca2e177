#include "hash.h"
#include "lines.h"
#include "loops.h"
#include "output.h"
#include "text_map.h"

namespace bench {
namespace {

struct Stats {
  int64_t sum = 0;
  uint32_t count = 0;
  int32_t min = INT32_MAX;
  int32_t max = INT32_MIN;
};

// Reads "-12.3" up to the newline as tenths, and moves `at` past it.
int32_t read_tenths(const char*& at) {
  const bool negative = *at == '-';
  if (negative) ++at;
  int32_t tenths = 0;
  for (; *at != '\n'; ++at) {
    if (*at != '.') tenths = 10 * tenths + (*at - '0');
  }
  ++at;
  return negative ? -tenths : tenths;
}

}  // namespace

void stations(const std::string& input, const std::string& output) {
  TextMap<Stats> table(12);
  for_each_block(input, [&](const char* at, const char* end) {
    while (at != end) {
      const auto* const semicolon =
          static_cast<const char*>(std::memchr(at, ';', static_cast<size_t>(end - at)));
      if (semicolon == nullptr) throw std::runtime_error("a line has no ';'");
      const std::string_view station(at, static_cast<size_t>(semicolon - at));
      at = semicolon + 1;
      const int32_t tenths = read_tenths(at);
      Stats& stats = table.at(station, hash_of(station));
      stats.sum += tenths;
      ++stats.count;
      if (tenths < stats.min) stats.min = tenths;
      if (tenths > stats.max) stats.max = tenths;
    }
  });
  Output out(output);
  table.each([&](std::string_view station, const Stats& s) {
    out.text(station).text("\t").number(s.count).text("\t").number(s.min / 10.0).text("\t");
    out.number(static_cast<double>(s.sum) / 10.0 / s.count).text("\t");
    out.number(s.max / 10.0).text("\n");
  });
  out.close();
}

}  // namespace bench
