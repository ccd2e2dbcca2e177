// Saving and joining sets of JSON texts: agg.collect and agg.distinct keep them.
#pragma once

#include <memory>

#include "saved.h"
#include "text_table.h"

namespace streamhost::agg {

// A set that costs a pointer while it is empty.
class TextSet {
 public:
  uint32_t size() const { return table_ == nullptr ? 0 : table_->size(); }
  std::string_view operator[](uint32_t number) const { return (*table_)[number]; }

  // False when there is no room for it, see TextTable.
  bool add(std::string_view text);
  // Adds all of the other; false when there is no room.
  bool merge(const TextSet& from);
  // Keeps the `most` that are least in the order of results (see json_less), all when there are no
  // more.
  void keep_least(uint64_t most);

  // The `most` that are least, in the order of results.
  std::vector<std::string_view> least(uint64_t most = UINT64_MAX) const;
  // Writes the number of these, then each, in the order of their bytes.
  void save(Saving& to, uint64_t most = UINT64_MAX) const;
  static TextSet restore(Loading& from);

 private:
  std::unique_ptr<TextTable> table_;
};

}  // namespace streamhost::agg
