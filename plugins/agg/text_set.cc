#include "text_set.h"

#include <algorithm>

#include "canonical.h"

namespace streamhost::agg {

bool TextSet::add(std::string_view text) {
  if (table_ == nullptr) table_ = std::make_unique<TextTable>();
  return table_->add(text).has_value();
}

bool TextSet::merge(const TextSet& from) {
  for (uint32_t i = 0; i < from.size(); ++i) {
    if (!add(from[i])) return false;
  }
  return true;
}

void TextSet::keep_least(uint64_t most) {
  if (size() <= most) return;
  auto kept = std::make_unique<TextTable>();
  for (const std::string_view text : least(most)) kept->add(text);
  table_ = std::move(kept);
}

std::vector<std::string_view> TextSet::least(uint64_t most) const {
  std::vector<std::string_view> all(size());
  for (uint32_t i = 0; i < size(); ++i) all[i] = (*table_)[i];
  std::sort(all.begin(), all.end(), json_less);
  if (all.size() > most) all.resize(most);
  return all;
}

void TextSet::save(Saving& to, uint64_t most) const {
  std::vector<std::string_view> all = least(most);
  std::sort(all.begin(), all.end());
  to.number(all.size());
  for (const std::string_view text : all) to.text(text);
}

TextSet TextSet::restore(Loading& from) {
  TextSet set;
  std::string_view before;
  for (uint64_t left = from.number(); left != 0; --left) {
    const std::string_view text = from.json();
    if (set.size() != 0 && text <= before) from.refuse("its values are out of order");
    if (!set.add(text)) from.refuse("its values are too large together");
    before = text;
  }
  return set;
}

}  // namespace streamhost::agg
