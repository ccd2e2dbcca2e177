// Views of records and batches. Everything here is borrowed from the running call.
#pragma once

#include <streamhost/sdk/error.hpp>

#include <charconv>
#include <cstdint>
#include <iterator>
#include <optional>

namespace streamhost::inline v1 {

inline sh_bytes to_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view to_view(sh_bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.ptr), static_cast<size_t>(bytes.len)};
}

// One record, as seen by an operator or sink.
class Record {
 public:
  explicit Record(const sh_record& raw) : raw_(&raw) {}

  bool has_key() const { return raw_->key_len != SH_ABSENT; }
  bool has_value() const { return raw_->value_len != SH_ABSENT; }
  // Empty when absent.
  std::string_view key() const { return view(raw_->key, raw_->key_len); }
  std::string_view value() const { return view(raw_->value, raw_->value_len); }
  // Microseconds since the Unix epoch; empty when the record has no event time.
  std::optional<int64_t> event_time() const {
    if (raw_->event_time_us == SH_NO_TIME) return std::nullopt;
    return raw_->event_time_us;
  }
  // The first header of that name.
  std::optional<std::string_view> header(std::string_view name) const {
    for (uint32_t i = 0; i < raw_->header_count; ++i) {
      if (to_view(raw_->headers[i].name) == name) return to_view(raw_->headers[i].value);
    }
    return std::nullopt;
  }
  // The whole value as a number (int64_t, double, ...) or std::string; throws bad_data otherwise.
  template <class T>
  T value_as() const {
    if constexpr (std::is_constructible_v<T, std::string_view> && !std::is_arithmetic_v<T>) {
      return T(value());
    } else {
      T result{};
      const std::string_view v = value();
      const auto [end, error] = std::from_chars(v.data(), v.data() + v.size(), result);
      if (error != std::errc() || end != v.data() + v.size() || v.empty()) {
        throw bad_data("the value \"" + std::string(v.substr(0, 80)) + "\" is not " +
                       (std::is_floating_point_v<T> ? "a number" : "an integer in range"));
      }
      return result;
    }
  }
  const sh_record& raw() const { return *raw_; }

 private:
  static std::string_view view(const uint8_t* ptr, uint32_t len) {
    if (len == SH_ABSENT) return {};
    return {reinterpret_cast<const char*>(ptr), len};
  }
  const sh_record* raw_;
};

// A batch, as a range of records.
class Batch {
 public:
  class Iterator {
   public:
    using value_type = Record;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(const sh_record* at) : at_(at) {}
    Record operator*() const { return Record(*at_); }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const sh_record* at_;
  };

  explicit Batch(const sh_batch& raw) : raw_(&raw) {}
  uint32_t size() const { return raw_->count; }
  // The input the records came in by.
  uint32_t port() const { return raw_->port; }
  Record operator[](uint32_t i) const { return Record(raw_->records[i]); }
  Iterator begin() const { return Iterator(raw_->records); }
  Iterator end() const { return Iterator(raw_->records + raw_->count); }
  const sh_batch& raw() const { return *raw_; }

 private:
  const sh_batch* raw_;
};

}  // namespace streamhost::inline v1
