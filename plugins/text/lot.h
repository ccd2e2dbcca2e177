// Room for output records and bytes, taken from the host in large lots and filled by hand.
#pragma once

#include <streamhost/sdk.hpp>

namespace streamhost::text {

// Valid within one call of a component, on its thread. Throws what sh::Out throws.
class Lot {
 public:
  Lot(const sh_host* host, sh_out* out) : host_(host), out_(out) {}
  Lot(const Lot&) = delete;
  Lot& operator=(const Lot&) = delete;

  // Where the next record goes; good for room() records.
  sh_record* next() { return span_.records + used_; }
  // How many records fit; at least one.
  size_t room() {
    if (used_ == span_.record_room) reserve(0);
    return span_.record_room - used_;
  }
  // The first `count` at next() are filled.
  void filled(size_t count) { used_ += static_cast<uint32_t>(count); }
  void push(const sh_record& record) {
    room();
    span_.records[used_++] = record;
  }

  // `size` writable bytes; keep() what is to last until the call returns.
  uint8_t* bytes(size_t size) {
    if (span_.byte_room - kept_ < size) reserve(size);
    return span_.bytes + kept_;
  }
  void keep(size_t size) { kept_ += size; }

  // Hands over what was filled. Must be called in the end.
  void commit() {
    if (used_ == 0 && kept_ == 0) return;
    const uint32_t records = used_;
    const uint64_t kept = kept_;
    used_ = 0;
    kept_ = 0;
    span_ = sh_span{};
    detail::check(host_->out_commit(out_, 0, records, kept));
  }

 private:
  static constexpr uint32_t kRecords = 16;  // at least; the host gives what its batch has left
  static constexpr uint64_t kBytes = 32768;

  void reserve(size_t size) {
    commit();
    if (size != 0 && size < kBytes) size = kBytes;
    detail::check(host_->out_reserve(out_, 0, kRecords, size, &span_));
  }

  const sh_host* host_;
  sh_out* out_;
  sh_span span_{};
  uint32_t used_ = 0;
  uint64_t kept_ = 0;
};

}  // namespace streamhost::text
