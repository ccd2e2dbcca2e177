// Where the tokens of JSON text begin: simdjson's first stage, and nothing more of it.
//
// The first stage reads 64 bytes at a time, checks that the text is UTF-8, that strings end and
// hold no control characters, and lists the offset of every token: { } [ ] , : and the first byte
// of every string, number and word. It reads no byte beyond the text.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace streamhost::json {

class Structure {
 public:
  Structure();
  ~Structure();
  Structure(const Structure&) = delete;
  Structure& operator=(const Structure&) = delete;

  // Lists the tokens of `text`, which may hold several documents one behind the other. Null when
  // all is well, otherwise simdjson's word for what is not. No token at all is no error here.
  const char* index(std::string_view text);

  // Offsets of the tokens of the last text, ascending; at [count()] and the kBehind - 1 places
  // behind it the text's size.
  static constexpr uint32_t kBehind = 4;
  const uint32_t* tokens() const { return tokens_; }
  uint32_t count() const { return count_; }

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
  const uint32_t* tokens_ = nullptr;
  uint32_t count_ = 0;
};

}  // namespace streamhost::json
