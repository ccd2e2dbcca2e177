// Decoder: maps.
#include "decoder.h"

#include <algorithm>

#include "json_writer.h"

namespace streamhost::protobuf {

bool Decoder::entries(const Field& field, List list) {
  const Message& type = *field.message;
  const Field &key = type.fields[0], &mapped = type.fields[1];
  const size_t first = entries_.size();
  for (uint32_t i = list.first; i != kNone; i = items_[i].next) {
    entries_.push_back(entry(type, items_[i], static_cast<uint32_t>(entries_.size() - first)));
  }
  const size_t last = entries_.size();
  mark_replaced(first);
  char before = '{';
  for (size_t i = first; i < last; ++i) {
    const Entry entry = entries_[i];  // what it holds may have entries of its own
    const size_t mark = to_->size(), base = lists_.size(), items = items_.size();
    place_.element(entry.order);
    lists_.resize(base + 2);
    scan(type, entry.at, entry.at + entry.size, base);
    to_->put(before);
    map_key(key, entry);
    to_->put(':');
    if (lists_[base + 1].last == kNone) {
      default_value(mapped);
    } else {
      single(mapped, lists_[base + 1]);
    }
    lists_.resize(base);
    items_.resize(items);
    if (entry.replaced) {
      to_->truncate(mark);
    } else {
      before = ',';
    }
  }
  entries_.resize(first);
  if (before == '{') to_->put('{');
  to_->put('}');
  return before == ',';
}

Decoder::Entry Decoder::entry(const Message& type, const Item& item, uint32_t order) {
  const Field& key = type.fields[0];
  const Item whole = item;  // which moves when there are more
  const size_t base = lists_.size(), items = items_.size();
  lists_.resize(base + 2);
  scan(type, whole.at, whole.at + whole.bits, base);
  Entry entry;
  entry.order = order;
  entry.at = whole.at;
  entry.size = whole.bits;
  if (lists_[base].last != kNone) {
    const Item& found = items_[lists_[base].last];
    if (key.kind == Kind::kString) {
      entry.text = text_of(found.at, found.bits);
    } else if (key.kind == Kind::kBool) {
      entry.bits = found.bits != 0;
    } else {
      entry.bits = is_narrow(key.kind) ? static_cast<uint32_t>(found.bits) : found.bits;
    }
  }
  lists_.resize(base);
  items_.resize(items);
  return entry;
}

void Decoder::mark_replaced(size_t first) {
  const size_t count = entries_.size() - first;
  Entry* const all = entries_.data() + first;
  if (count <= 8) {
    for (size_t i = 0; i < count; ++i) {
      all[i].replaced = std::any_of(all + i + 1, all + count,
                                    [&](const Entry& later) { return later.same_key(all[i]); });
    }
    return;
  }
  std::vector<Entry> sorted(all, all + count);
  std::sort(sorted.begin(), sorted.end(), [](const Entry& a, const Entry& b) {
    if (a.bits != b.bits) return a.bits < b.bits;
    const int texts = a.text.compare(b.text);
    return texts != 0 ? texts < 0 : a.order < b.order;
  });
  for (size_t i = 0; i + 1 < count; ++i) {
    if (sorted[i].same_key(sorted[i + 1])) all[sorted[i].order].replaced = true;
  }
}

void Decoder::map_key(const Field& key, const Entry& entry) {
  Item item;
  item.at = entry.at;
  if (key.kind == Kind::kString) {
    if (!append_string(*to_, entry.text)) fail(entry.at, "the key is not UTF-8");
    return;
  }
  item.bits = entry.bits;
  const size_t mark = to_->size();
  value(key, item);
  // 64-bit numbers may have their quotes already.
  if (to_->data()[mark] == '"') return;
  const std::string plain(to_->view().substr(mark));
  to_->truncate(mark);
  to_->put('"');
  to_->append(plain);
  to_->put('"');
}

}  // namespace streamhost::protobuf
