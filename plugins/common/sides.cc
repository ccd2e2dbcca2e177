#include "sides.h"

#include <algorithm>
#include <cstring>

#include "json_text.h"

namespace plugin_common {
namespace {

using streamhost::bad_data;
using streamhost::config_error;
using streamhost::state_error;

constexpr size_t kSavedHead = 8;

std::vector<std::string> input_names(const streamhost::Config& config) {
  std::vector<std::string> names;
  for (uint32_t i = 0; i < config.input_count(); ++i) names.push_back(config.input_name(i));
  return names;
}

template <class T>
void append_raw(std::string& to, T value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
T read_raw(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

}  // namespace

Insert insert_of(std::string_view name) {
  if (name == "first") return Insert::kFirst;
  return name == "product" ? Insert::kProduct : Insert::kLast;
}

JoinMode join_mode_of(std::string_view name) {
  if (name == "left") return JoinMode::kLeft;
  return name == "outer" ? JoinMode::kOuter : JoinMode::kInner;
}

SideRules::SideRules(const streamhost::Config& config, Insert insert, uint64_t limit)
    : SideRules(input_names(config), insert, limit) {}

SideRules::SideRules(std::vector<std::string> names, Insert insert, uint64_t limit)
    : names_(std::move(names)), insert_(insert), limit_(limit) {
  if (names_.size() < 2 || names_.front().empty()) {
    throw config_error(
        "a join brings two or more named inputs together: say from = { left = \"STEP\", right = "
        "\"STEP\" }, with names of your own");
  }
  if (names_.size() > kMostSides) {
    throw config_error("a join has at most " + std::to_string(kMostSides) + " inputs, not " +
                       std::to_string(names_.size()) + ": join in two steps");
  }
  fingerprint_ = 2166136261u;  // FNV-1a
  for (const std::string& name : names_) {
    std::string& lead = leads_.emplace_back(leads_.empty() ? "{" : ",");
    append_json_string(lead, name);
    lead += ':';
    for (const char c : lead) fingerprint_ = (fingerprint_ ^ static_cast<uint8_t>(c)) * 16777619u;
    all_ = all_ << 1 | 1u;
  }
}

Sides::Head Sides::head_at(const std::string& values, size_t at) {
  return read_raw<Head>(values.data() + at);
}

void Sides::add(const SideRules& rules, uint32_t side, std::string_view value,
                int64_t event_time_us) {
  if (rules.insert() == Insert::kFirst && (there_ >> side & 1) != 0) return;
  if (rules.insert() == Insert::kProduct && rules.limit() != 0 && count_ >= rules.limit()) {
    throw bad_data(
        "its key has " + std::to_string(count_) +
        " values already, and a join keeps all of them: raise `limit` (0: any number), or "
        "say insert = \"last\" or \"first\"");
  }
  if (value.size() > SideRules::kLongestValue) {
    throw bad_data("its value of " + std::to_string(value.size()) +
                   " bytes is too long to be joined; at most 64 MiB");
  }
  // The JSON is made in its place, so that nothing else need be allocated.
  const size_t begin = values_.size();
  values_.resize(begin + sizeof(Head));
  append_json_or_string(values_, value);
  const size_t size = values_.size() - begin - sizeof(Head);
  if (size > SideRules::kLongestValue) {
    values_.resize(begin);
    throw bad_data("its value is too long to be joined: as a JSON string it has " +
                   std::to_string(size) + " bytes; at most 64 MiB");
  }
  const Head head{side, static_cast<uint32_t>(size), event_time_us};
  std::memcpy(values_.data() + begin, &head, sizeof head);
  if (rules.insert() == Insert::kLast) erase(side, begin);
  there_ |= 1u << side;
  ++count_;
}

void Sides::put(const SideRules& rules, uint32_t side, std::string_view json,
                int64_t event_time_us) {
  if (rules.insert() == Insert::kFirst && (there_ >> side & 1) != 0) return;
  if (rules.insert() == Insert::kLast) erase(side, values_.size());
  const Head head{side, static_cast<uint32_t>(json.size()), event_time_us};
  append_raw(values_, head);
  values_.append(json);
  there_ |= 1u << side;
  ++count_;
}

bool Sides::remove(uint32_t side) {
  if ((there_ >> side & 1) == 0) return false;
  erase(side, values_.size());
  there_ &= ~(1u << side);
  return true;
}

void Sides::erase(uint32_t side, size_t end) {
  if ((there_ >> side & 1) == 0) return;
  char* const values = values_.data();
  size_t kept = 0;
  for (size_t at = 0; at < end;) {
    const Head head = head_at(values_, at);
    const size_t size = sizeof head + head.size;
    if (head.side == side) {
      --count_;
    } else {
      if (kept != at) std::memmove(values + kept, values + at, size);
      kept += size;
    }
    at += size;
  }
  std::memmove(values + kept, values + end, values_.size() - end);
  values_.resize(kept + values_.size() - end);
}

void Sides::merge(const SideRules& rules, const Sides& from) {
  for (size_t at = 0; at < from.values_.size();) {
    const Head head = head_at(from.values_, at);
    const std::string_view json(from.values_.data() + at + sizeof head, head.size);
    put(rules, head.side, json, head.event_time_us);
    at += sizeof head + head.size;
  }
}

void Sides::clear() { *this = Sides(); }

bool Sides::has_rows(const SideRules& rules, JoinMode mode) const {
  switch (mode) {
    case JoinMode::kInner: return complete(rules);
    case JoinMode::kLeft: return (there_ & 1) != 0;
    case JoinMode::kOuter: break;
  }
  return !empty();
}

void Sides::save(const SideRules& rules, std::string& to) const {
  append_raw(to, rules.fingerprint());
  append_raw(to, count_);
  to.append(values_);
}

Sides Sides::restore(const SideRules& rules, std::string_view saved) {
  Sides result;
  if (saved.size() < kSavedHead) throw state_error("a saved state of a join is cut short");
  if (read_raw<uint32_t>(saved.data()) != rules.fingerprint()) {
    std::string names;
    for (const std::string& name : rules.names()) names += (names.empty() ? "" : ", ") + name;
    throw state_error(
        "its state was saved by a join whose inputs had other names, or stood in another "
        "order, than " +
        names + ": name them in `from` as they were, or begin anew");
  }
  const auto count = read_raw<uint32_t>(saved.data() + 4);
  size_t at = kSavedHead;
  for (uint32_t i = 0; i < count; ++i) {
    Head head{};
    if (saved.size() - at < sizeof head) throw state_error("a saved state of a join is cut short");
    std::memcpy(&head, saved.data() + at, sizeof head);
    at += sizeof head;
    if (saved.size() - at < head.size) throw state_error("a saved state of a join is cut short");
    if (head.side >= rules.count() || head.size > SideRules::kLongestValue) {
      throw state_error("a saved state of a join is damaged");
    }
    result.put(rules, head.side, saved.substr(at, head.size), head.event_time_us);
    at += head.size;
  }
  if (at != saved.size()) throw state_error("a saved state of a join has more bytes than it says");
  return result;
}

void Rows::begin(const Sides& sides, JoinMode mode) {
  over_ = !sides.has_rows(rules_, mode);
  if (over_) return;
  first_ = true;
  for (Column& column : columns_) {
    column.values.clear();
    column.at = 0;
  }
  for (size_t at = 0; at < sides.values_.size();) {
    const Sides::Head head = Sides::head_at(sides.values_, at);
    at += sizeof head;
    columns_[head.side].values.push_back(
        {std::string_view(sides.values_).substr(at, head.size), head.event_time_us});
    at += head.size;
  }
  for (Column& column : columns_) {
    if (column.values.empty()) column.values.push_back({"null", SH_NO_TIME});
  }
}

bool Rows::next() {
  if (over_) return false;
  size_t column = 0;
  if (first_) {
    first_ = false;
  } else {
    column = columns_.size();
    while (column != 0 && ++columns_[column - 1].at == columns_[column - 1].values.size()) {
      columns_[--column].at = 0;
    }
    over_ = column-- == 0;
    if (over_) return false;
  }
  write_from(column);
  return true;
}

void Rows::write_from(size_t column) {
  text_.resize(column == 0 ? 0 : columns_[column - 1].end);
  int64_t latest = column == 0 ? SH_NO_TIME : columns_[column - 1].latest_us;
  for (; column < columns_.size(); ++column) {
    Column& c = columns_[column];
    const Value& value = c.values[c.at];
    text_.append(rules_.lead(column));
    text_.append(value.json);
    c.end = text_.size();
    c.latest_us = latest = std::max(latest, value.event_time_us);
  }
  text_ += '}';
}

}  // namespace plugin_common
