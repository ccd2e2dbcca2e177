// Where a call puts its records. Reserves room from the host in lots, so that putting out one
// record is a few stores and no call across the boundary.
#pragma once

#include <streamhost/sdk/context.hpp>

#include <concepts>

namespace streamhost::inline v1 {

class Out {
 public:
  Out(const sh_host* host, sh_out* out) : host_(host), out_(out) {}
  Out(const Out&) = delete;
  Out& operator=(const Out&) = delete;

  // Puts out a value under the key, event time and headers of the record in hand (none in a
  // source, a timer or at the end).
  template <class Value>
  void emit(const Value& value) {
    const std::string_view text = text_of(value);
    set_value(next(), text);
  }
  // Puts out key and value; event time and headers are those of the record in hand. Bytes that
  // belong to the record in hand are not copied, all others are.
  template <class Value>
  void emit(std::string_view key, const Value& value) {
    key = own(key);
    const std::string_view text = text_of(value);
    sh_record& r = next();
    set_key(r, key);
    set_value(r, text);
  }
  // The same with an event time, in microseconds since the Unix epoch.
  template <class Value>
  void emit_at(int64_t event_time_us, std::string_view key, const Value& value) {
    key = own(key);
    const std::string_view text = text_of(value);
    sh_record& r = next();
    r.event_time_us = event_time_us;
    set_key(r, key);
    set_value(r, text);
  }
  // Puts out a key with no value.
  void emit_tombstone(std::string_view key) {
    key = own(key);
    sh_record& r = next();
    set_key(r, key);
    r.value = nullptr;
    r.value_len = SH_ABSENT;
  }

  // Puts out a record as it is; see host.h for what it may point at.
  void push(const sh_record& record) {
    if (used_ == span_.record_room) more_records();
    span_.records[used_++] = record;
  }
  void forward(const Record& record) { push(record.raw()); }
  // Puts out a whole batch unchanged, without touching its records.
  void forward(const Batch& batch) {
    flush();
    detail::check(host_->out_forward(out_, port_, batch.raw().records, batch.raw().count));
  }

  // Copies bytes into memory of the output and returns where they are now.
  std::string_view copy(std::string_view bytes) {
    char* to = room(bytes.size());
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    keep(bytes.size());
    return {to, bytes.size()};
  }
  // At least `size` writable bytes of output memory; keep(n) then makes the first n last until the
  // call returns. The pointer is good until the next call of this object but keep().
  char* room(size_t size) {
    if (span_.byte_room - bytes_used_ < size) more_bytes(size);
    return reinterpret_cast<char*>(span_.bytes) + bytes_used_;
  }
  void keep(size_t size) { bytes_used_ += size; }

  // Puts out records that point into memory of the plugin's own; see sh_host.out_adopt.
  void adopt(const sh_record* records, uint32_t count, sh_external memory) {
    flush();
    detail::check(host_->out_adopt(out_, port_, records, count, memory));
  }
  // Later records may point into `arena`, until the call returns.
  void attach(const Arena& arena) { detail::check(host_->out_attach(out_, arena.raw())); }
  // Later records go to this output: an index into the component's outputs.
  void port(uint32_t index) {
    if (index == port_) return;
    flush();
    port_ = index;
  }
  // What emit() inherits from; null for nothing.
  void current(const sh_record* record) { current_ = record; }

  // Hands everything over to the host. The helpers do it when the plugin's code has returned.
  void flush() {
    const uint32_t records = std::exchange(used_, 0);
    const uint64_t bytes = std::exchange(bytes_used_, 0);
    span_ = sh_span{};
    if (records == 0 && bytes == 0) return;
    detail::check(host_->out_commit(out_, port_, records, bytes));
  }
  sh_out* raw() const { return out_; }

 private:
  static constexpr uint32_t kRecords = 256;
  static constexpr uint64_t kBytes = 16384;

  // The next record of the span, as a copy of the record in hand or empty.
  sh_record& next() {
    if (used_ == span_.record_room) more_records();
    sh_record& r = span_.records[used_++];
    if (current_ != nullptr) {
      r = *current_;
    } else {
      r = sh_record{};
      r.key_len = SH_ABSENT;
      r.event_time_us = SH_NO_TIME;
    }
    return r;
  }
  static bool within(std::string_view part, const uint8_t* ptr, uint32_t len) {
    if (len == SH_ABSENT) return false;
    const auto p = reinterpret_cast<uintptr_t>(part.data());
    const auto base = reinterpret_cast<uintptr_t>(ptr);
    return p >= base && p + part.size() <= base + len;
  }
  std::string_view own(std::string_view bytes) {
    if (current_ != nullptr && (within(bytes, current_->value, current_->value_len) ||
                                within(bytes, current_->key, current_->key_len))) {
      return bytes;
    }
    return copy(bytes);
  }
  static void set_key(sh_record& r, std::string_view key) {
    r.key = to_bytes(key).ptr;
    r.key_len = static_cast<uint32_t>(key.size());
    r.key_hash = 0;
  }
  static void set_value(sh_record& r, std::string_view text) {
    r.value = to_bytes(text).ptr;
    r.value_len = static_cast<uint32_t>(text.size());
  }
  // Where the text of a value lies for as long as the record needs it. May hand over what was put
  // out so far, so it comes before next().
  template <class Value>
  std::string_view text_of(const Value& value) {
    if constexpr (std::is_convertible_v<const Value&, std::string_view>) {
      return own(value);
    } else if constexpr (std::is_same_v<Value, bool>) {
      return value ? "true" : "false";
    } else {
      static_assert(std::is_arithmetic_v<Value>, "a value is text, a number or a bool");
      char* to = room(40);
      const auto end = std::to_chars(to, to + 40, value).ptr;
      keep(static_cast<size_t>(end - to));
      return {to, static_cast<size_t>(end - to)};
    }
  }
  void more_records() {
    flush();
    detail::check(host_->out_reserve(out_, port_, kRecords, wants_bytes_ ? kBytes : 0, &span_));
  }
  void more_bytes(size_t size) {
    flush();
    wants_bytes_ = true;
    detail::check(host_->out_reserve(out_, port_, kRecords, size > kBytes ? size : kBytes, &span_));
  }

  const sh_host* host_;
  sh_out* out_;
  const sh_record* current_ = nullptr;
  sh_span span_{};
  uint32_t used_ = 0;
  uint32_t port_ = 0;
  uint64_t bytes_used_ = 0;
  bool wants_bytes_ = false;  // only views so far: no bytes are reserved that nobody writes
};

}  // namespace streamhost::inline v1
