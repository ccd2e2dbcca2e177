// Where a loop writes its result: lines of text, through one buffer.
#pragma once

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bench {

class Output {
 public:
  // Creates or empties the file; throws std::runtime_error when that fails.
  explicit Output(const std::string& path) : path_(path), file_(std::fopen(path.c_str(), "w")) {
    if (file_ == nullptr) fail();
    buffer_.reserve(kFull + 4096);
  }
  ~Output() {
    if (file_ != nullptr) std::fclose(file_);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  Output& text(std::string_view text) {
    buffer_.append(text);
    if (buffer_.size() > kFull) flush();
    return *this;
  }
  template <class Number>
  Output& number(Number value) {
    char digits[40];
    const char* const end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    return text({digits, static_cast<size_t>(end - digits)});
  }
  // Writes what is left; throws when the file could not take everything.
  void close() {
    flush();
    std::FILE* const file = file_;
    file_ = nullptr;
    if (std::fclose(file) != 0) fail();
  }

 private:
  static constexpr size_t kFull = size_t{1} << 16;
  void flush() {
    if (std::fwrite(buffer_.data(), 1, buffer_.size(), file_) != buffer_.size()) fail();
    buffer_.clear();
  }
  [[noreturn]] void fail() const { throw std::runtime_error(path_ + ": " + std::strerror(errno)); }

  std::string path_;
  std::FILE* file_;
  std::string buffer_;
};

}  // namespace bench
