// From Avro binary to JSON text, in one pass over the bytes. Every length and count is compared
// with the bytes that are there before anything is done about it.
#pragma once

#include <string>
#include <string_view>

#include "buffer.h"
#include "form.h"
#include "plan.h"
#include "problem.h"

namespace streamhost::avro {

// Keeps memory from one value to the next. Not thread-safe.
class Decoder {
 public:
  // `form`: that of the plans that it will follow.
  explicit Decoder(Form form) : form_(form) {}

  // Appends the one value in `bytes` as JSON. False when they are not such a value: problem() then
  // says what is wrong, with the offset in `bytes` plus `base`. Throws bad_data when `out` is full.
  bool decode(const Step& root, std::string_view bytes, Buffer& out, size_t base = 0);
  std::string problem() const { return problem_.text(); }

 private:
  bool value(const Step& step, int depth);
  bool union_value(const Step& step, int depth);
  bool record(const Step& step, int depth);
  bool items(const Step& step, int depth);
  // Goes over the blocks of an array or map; `each(i)` reads one item.
  template <class Each>
  bool blocks(bool empty_items, Each&& each);
  bool skip(const Node& type, int depth);

  bool read_long(int64_t* number) {
    if (at_ < end_ && *at_ < 128) {
      const auto n = static_cast<int64_t>(*at_++);
      *number = (n >> 1) ^ -(n & 1);
      return true;
    }
    return read_longer(number);
  }
  bool read_longer(int64_t* number);
  // A length and that many bytes.
  bool read_sized(const char* what, std::string_view* bytes) {
    const uint8_t* const from = at_;
    int64_t size = 0;
    if (!read_long(&size)) return false;
    if (static_cast<uint64_t>(size) > left()) return length_beyond(size, from, what);
    return read_fixed(static_cast<size_t>(size), what, bytes);
  }
  bool read_fixed(size_t size, const char* what, std::string_view* bytes) {
    if (size > left()) return cut_off(size, what);
    *bytes = {reinterpret_cast<const char*>(at_), size};
    at_ += size;
    return true;
  }
  bool length_beyond(int64_t size, const uint8_t* from, const char* what);
  bool cut_off(size_t size, const char* what);
  bool integer(const Step& step);

  void put_long(int64_t number);
  template <class Real>
  void put_real(Real number);
  bool put_string(std::string_view text);
  bool put_bytes(std::string_view bytes, const Node& type);
  void put_latin1(std::string_view bytes);

  bool fail(std::string what) {
    return problem_.set(std::move(what), base_ + static_cast<size_t>(at_ - begin_));
  }
  size_t left() const { return static_cast<size_t>(end_ - at_); }

  Form form_;
  const uint8_t* begin_ = nullptr;
  const uint8_t* at_ = nullptr;
  const uint8_t* end_ = nullptr;
  size_t base_ = 0;
  Buffer* out_ = nullptr;
  Problem problem_;
  std::string text_;  // of decimals
};

}  // namespace streamhost::avro
