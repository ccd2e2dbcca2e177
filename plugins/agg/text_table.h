// A set of texts, each with a number in the order of their coming. Some 12 bytes each beyond the
// texts; up to kFew of them are simply looked through.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace streamhost::agg {

class TextTable {
 public:
  // All texts together may be that long. It keeps a saved state within what a store takes.
  static constexpr size_t kMostBytes = size_t{256} << 20;

  // The number of the text, which is added if it is not there. Empty when it is not and the table
  // is full: kMostBytes.
  std::optional<uint32_t> add(std::string_view text);

  uint32_t size() const { return static_cast<uint32_t>(ends_.size()); }
  // Text `number`, valid until the next add().
  std::string_view operator[](uint32_t number) const {
    const size_t begin = number == 0 ? 0 : ends_[number - 1];
    return {bytes_.data() + begin, ends_[number] - begin};
  }

 private:
  static constexpr uint32_t kFew = 8;

  void grow();

  std::string bytes_;            // the texts, one behind the other
  std::vector<uint32_t> ends_;   // of each text in bytes_
  std::vector<uint32_t> slots_;  // by hash: a number + 1, or 0; none for a few texts
};

// The 64-bit hash that tables and sketches use: XXH3, the same on every machine and in every
// version.
uint64_t text_hash(std::string_view text);

}  // namespace streamhost::agg
