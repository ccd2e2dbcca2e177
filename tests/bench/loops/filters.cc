#include <simdjson.h>

#include <charconv>
#include <vector>

#include "keys.h"
#include "lines.h"
#include "loops.h"
#include "output.h"

namespace bench {
namespace {

using streamhost::demo::Counter;

void write_totals(uint64_t records, uint64_t bytes, const std::string& output) {
  Output out(output);
  out.number(records).text(" ").number(bytes).text("\n");
  out.close();
}

}  // namespace

void filter_text(uint64_t records, double above, const std::string& output) {
  static constexpr uint64_t kBatch = 1024;
  std::vector<char> bytes(kBatch * Counter::kDigits);
  std::vector<std::string_view> batch(kBatch);
  Counter counter(0);
  uint64_t passed = 0, length = 0;
  for (uint64_t done = 0; done < records;) {
    const uint64_t count = records - done < kBatch ? records - done : kBatch;
    for (uint64_t i = 0; i < count; ++i) {
      char* const digits = bytes.data() + i * Counter::kDigits;
      std::memcpy(digits, counter.text(), Counter::kDigits);
      batch[i] = {digits + Counter::kDigits - counter.width(), counter.width()};
      counter.add(1);
    }
    for (uint64_t i = 0; i < count; ++i) {
      double number = 0;
      std::from_chars(batch[i].data(), batch[i].data() + batch[i].size(), number);
      if (!(number > above)) continue;
      ++passed;
      length += batch[i].size();
    }
    done += count;
  }
  write_totals(passed, length, output);
}

void filter_json(const std::string& input, double above, const std::string& output) {
  simdjson::ondemand::parser parser;
  uint64_t passed = 0, bytes = 0;
  for_each_block(input, [&](const char* at, const char* end) {
    while (at != end) {
      const auto* const newline =
          static_cast<const char*>(std::memchr(at, '\n', static_cast<size_t>(end - at)));
      const auto length = static_cast<size_t>(newline - at);
      auto document = parser.iterate(
          simdjson::padded_string_view(at, length, length + simdjson::SIMDJSON_PADDING));
      double amount = 0;
      if (document.find_field_unordered("amount").get(amount) != simdjson::SUCCESS) {
        throw std::runtime_error("a line has no amount");
      }
      if (amount > above) {
        ++passed;
        bytes += length;
      }
      at = newline + 1;
    }
  });
  write_totals(passed, bytes, output);
}

}  // namespace bench
