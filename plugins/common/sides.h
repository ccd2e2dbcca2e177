// Joins: the values that several named sides have for one key, or for one window of a key, and the
// rows that follow from them.
//
//   const SideRules rules({"left", "right"}, Insert::kLast, 0);      // one for a step
//   Sides sides;                                                     // one for a key
//   sides.add(rules, 0, R"({"id":1})", SH_NO_TIME);
//   Rows rows(rules);                                                // one for a step
//   rows.begin(sides, JoinMode::kLeft);
//   while (rows.next()) use(rows.text());                            //
//   {"left":{"id":1},"right":null}
//
// A step's rules, rows and sides belong to one worker. Sides are numbered in the order of `from`.
#pragma once

#include <streamhost/sdk/context.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace plugin_common {

// What becomes of several values of one side: the last counts, the first does, or all of them.
enum class Insert { kLast, kFirst, kProduct };
// Which rows there are: with a value of all sides, of the first side, of any.
enum class JoinMode { kInner, kLeft, kOuter };

// What a manifest calls them: "last" "first" "product"; "inner" "left" "outer". The host has
// checked that it is one of these.
Insert insert_of(std::string_view name);
JoinMode join_mode_of(std::string_view name);

// What all keys of a step have in common.
class SideRules {
 public:
  static constexpr size_t kMostSides = 32;
  static constexpr size_t kLongestValue = size_t{64} << 20;  // so that each row fits into a record

  // `limit`: the most values that are kept of one key under kProduct; 0: any number. Throws
  // config_error unless there are 2 to kMostSides names.
  SideRules(std::vector<std::string> names, Insert insert, uint64_t limit);
  // The names are those of the step's inputs; throws config_error when they have none.
  SideRules(const streamhost::Config& config, Insert insert, uint64_t limit);

  size_t count() const { return names_.size(); }
  const std::vector<std::string>& names() const { return names_; }
  Insert insert() const { return insert_; }
  uint64_t limit() const { return limit_; }
  // What stands before the value of a side in a row: `{"left":`, `,"right":`.
  std::string_view lead(size_t side) const { return leads_[side]; }
  // Differs when the names, or their order, do.
  uint32_t fingerprint() const { return fingerprint_; }
  uint32_t all() const { return all_; }  // a bit for each side

 private:
  std::vector<std::string> names_, leads_;
  Insert insert_;
  uint64_t limit_;
  uint32_t all_ = 0;
  uint32_t fingerprint_ = 0;
};

// The values for one key. One block of memory, 48 bytes and then 16 for each value and its text.
class Sides {
 public:
  // Adds the value of a record: JSON as it is, other text as a JSON string. Throws bad_data, and
  // has changed nothing, when the value is too long or there are `limit` already.
  void add(const SideRules& rules, uint32_t side, std::string_view value, int64_t event_time_us);
  // Takes away all values of a side, as a record without a value asks for. False: it had none.
  bool remove(uint32_t side);
  // Adds what `from` has; its values come after those here.
  void merge(const SideRules& rules, const Sides& from);
  void clear();

  bool empty() const { return there_ == 0; }
  bool complete(const SideRules& rules) const { return there_ == rules.all(); }
  // Whether there is a row at all.
  bool has_rows(const SideRules& rules, JoinMode mode) const;

  // Appends the saved form: fingerprint u32, count u32, then the values as they came, each as side
  // u32, length u32, event time i64, text. Little endian.
  void save(const SideRules& rules, std::string& to) const;
  // The reverse, of the whole of `saved`. Rules with another `insert` apply it to what was saved.
  // Throws state_error when it is of other sides, or not what save() writes.
  static Sides restore(const SideRules& rules, std::string_view saved);

  // Bytes of memory beyond the object itself, about.
  size_t memory() const { return values_.capacity(); }

 private:
  friend class Rows;
  struct Head {
    uint32_t side;
    uint32_t size;
    int64_t event_time_us;
  };
  static Head head_at(const std::string& values, size_t at);
  // `json` is appended under these rules, whatever the limit says.
  void put(const SideRules& rules, uint32_t side, std::string_view json, int64_t event_time_us);

  // Takes the values of a side out of the first `end` bytes.
  void erase(uint32_t side, size_t end);

  std::string values_;  // in the order they came: a Head, then JSON
  uint32_t there_ = 0;  // a bit for each side that has a value
  uint32_t count_ = 0;
};

// Goes through the rows of one Sides at a time: the cross product of its values, the last side
// changing fastest, each side in the order its values came. A side without values is null.
class Rows {
 public:
  explicit Rows(const SideRules& rules) : rules_(rules), columns_(rules.count()) {}

  // `sides` must neither change nor go while its rows are read.
  void begin(const Sides& sides, JoinMode mode);
  // Goes to the next row; false when there is none.
  bool next();
  // The row, a JSON object; valid until the next call.
  std::string_view text() const { return text_; }
  // The latest event time of its values; SH_NO_TIME when none has one.
  int64_t event_time_us() const { return columns_.back().latest_us; }

 private:
  struct Value {
    std::string_view json;
    int64_t event_time_us;
  };
  struct Column {
    std::vector<Value> values;  // at least one
    size_t at = 0;
    // Of the row, up to this column.
    size_t end = 0;
    int64_t latest_us = SH_NO_TIME;
  };
  void write_from(size_t column);

  const SideRules& rules_;
  std::vector<Column> columns_;
  std::string text_;
  bool first_ = false, over_ = true;
};

}  // namespace plugin_common
