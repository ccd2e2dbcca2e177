// What an aggregate takes from a record: its value, or what a JSON Pointer finds in it.
#pragma once

#include <streamhost/sdk.hpp>

#include <memory>
#include <string>
#include <string_view>

#include "common/number.h"
#include "component.h"
#include "json/field_reader.h"

namespace streamhost::agg {

using plugin_common::Number;

// The value of one record, or of one field in it, that is there. A view: valid as long as the
// record is.
class Value {
 public:
  // The whole value. Text that is no JSON stands for a JSON string.
  Value(uint32_t record, std::string_view text) : record_(record), text_(text) {}
  // What was found at `pointer`, which must outlive this.
  Value(uint32_t record, const json::Field& field, const std::string& pointer)
      : record_(record), text_(field.raw()), kind_(field.kind), pointer_(&pointer) {}

  // The index in the batch.
  uint32_t record() const { return record_; }
  // Appends the JSON text as it stands in the record. Throws BadRecord when it turns out to be
  // none.
  void append_json(std::string& to) const;
  // Appends the text that all ways to write the same value share, see canonical.h. Throws as above.
  void append_canonical(std::string& to) const;
  // Throws BadRecord, saying that the value is not `what`.
  [[noreturn]] void refuse(const char* what) const;

 private:
  void check() const;

  uint32_t record_;
  std::string_view text_;
  json::Kind kind_ = json::Kind::kMissing;  // of a field
  const std::string* pointer_ = nullptr;    // null: the whole value
};

// Reads the values of batches by the options `of`, `missing` and, where there is one, a second
// pointer. A record whose value is no JSON, where a field of it is asked for, is always a bad one.
class Input {
 public:
  // What to do with a record that lacks the value, or has null there.
  enum class Missing { kError, kSkip, kNull };

  // `second`: the name of a further option that holds a pointer, or null.
  explicit Input(const Config& config, const char* second = nullptr);

  bool whole() const { return reader_ == nullptr; }
  // Whether the second pointer was given.
  bool has_second() const { return has_second_; }

  // Calls add(i, number) for each record that has one. [BadRecord]
  template <class Add>
  void numbers(const sh_record* records, uint32_t count, Add&& add) {
    if (!whole()) {
      fields(records, count, [&](uint32_t i, const json::Field* field) {
        Number n;
        if (number_of(i, field[0], of_, &n)) add(i, n);
      });
      return;
    }
    for (uint32_t i = 0; i < count; ++i) {
      plugin_common::ShortDecimal read;
      if (plugin_common::read_short_decimal(Record(records[i]).value(), &read)) [[likely]] {
        add(i, Number{read.digits, read.decimals, 0});
      } else if (Number n; other_number(i, records[i], &n)) {
        add(i, n);
      }
    }
  }

  // Calls add(value) for each record that has one, or for all with `missing = "null"`. [BadRecord]
  template <class Add>
  void values(const sh_record* records, uint32_t count, Add&& add) {
    if (!whole()) {
      fields(records, count, [&](uint32_t i, const json::Field* field) {
        if (!field[0].absent()) {
          add(Value(i, field[0], of_));
        } else if (keep_null(i, of_)) {
          add(Value(i, "null"));
        }
      });
      return;
    }
    for (uint32_t i = 0; i < count; ++i) {
      if (!is_null(records[i])) {
        add(Value(i, Record(records[i]).value()));
      } else if (keep_null(i, of_)) {
        add(Value(i, "null"));
      }
    }
  }

  // Calls add(value, number at the second pointer) for each record that has both. [BadRecord]
  template <class Add>
  void ranked(const sh_record* records, uint32_t count, Add&& add) {
    fields(records, count, [&](uint32_t i, const json::Field* field) {
      Number n;
      if (!number_of(i, field[0], second_, &n)) return;
      if (of_.empty()) {
        add(Value(i, whole_document(records[i]), of_), n);
      } else if (!field[1].absent()) {
        add(Value(i, field[1], of_), n);
      } else if (keep_null(i, of_)) {
        add(Value(i, "null"), n);
      }
    });
  }

 private:
  template <class Found>
  void fields(const sh_record* records, uint32_t count, Found&& found) {
    sh_batch batch{};
    batch.struct_size = sizeof batch;
    batch.count = count;
    batch.records = records;
    reader_->read(Batch(batch), found, [&](uint32_t i, std::string_view problem) {
      bad_document(i, records[i], problem, found);
    });
  }
  // A record without a value lacks every field of it; any other is bad.
  template <class Found>
  void bad_document(uint32_t i, const sh_record& record, std::string_view problem, Found&& found) {
    if (record.value_len != SH_ABSENT) {
      throw BadRecord(i, "the value " + std::string(problem));
    }
    const json::Field nothing[2];
    found(i, nothing);
  }

  static bool is_null(const sh_record& record);
  // The value of a record in which a field was found.
  static json::Field whole_document(const sh_record& record);
  // Whether a missing value is to be taken as null; if not, it is skipped or throws BadRecord.
  bool keep_null(uint32_t i, const std::string& pointer) const;
  // A number that is not short and plain. False: skip it.
  bool other_number(uint32_t i, const sh_record& record, Number* number) const;
  bool number_of(uint32_t i, const json::Field& field, const std::string& pointer,
                 Number* number) const;

  std::string of_, second_;
  bool has_second_ = false;
  Missing missing_;
  std::unique_ptr<json::FieldReader> reader_;
};

}  // namespace streamhost::agg
