#include "mutate.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace streamhost::testing {
namespace {

class Mutation {
 public:
  Mutation(const std::vector<std::string>& examples, std::mt19937_64& random)
      : examples_(examples), random_(random), text_(example()) {}

  std::string run(size_t max_size) {
    if (below(64) == 0) {
      text_.resize(below(256));
      for (char& c : text_) c = byte();
    }
    for (size_t changes = 1 + below(4); changes > 0; --changes) change();
    if (text_.size() > max_size) text_.resize(max_size);
    return std::move(text_);
  }

 private:
  size_t below(size_t limit) { return static_cast<size_t>(random_() % limit); }
  char byte() { return static_cast<char>(below(256)); }
  const std::string& example() { return examples_[below(examples_.size())]; }

  // A place in `text`, which may be its end.
  size_t place(const std::string& text) { return below(text.size() + 1); }
  // A piece of up to 64 bytes.
  std::string piece(const std::string& text) {
    const size_t at = place(text);
    return text.substr(at, below(64));
  }

  void change() {
    static constexpr std::array<std::string_view, 14> kTokens = {
        "\"", "'''", "\"\"\"", "[", "]", "[[", "{", "}", "${", "$$", "\n", "\xFF", ".", "="};
    switch (below(9)) {
      case 0:
        if (!text_.empty()) {
          char& c = text_[below(text_.size())];
          c = static_cast<char>(c ^ (1 << below(8)));
        }
        break;
      case 1:
        if (!text_.empty()) text_[below(text_.size())] = byte();
        break;
      case 2: text_.erase(place(text_), below(32)); break;
      case 3: text_.insert(place(text_), piece(text_)); break;
      case 4: text_.insert(place(text_), piece(example())); break;
      case 5: text_.insert(place(text_), kTokens[below(kTokens.size())]); break;
      case 6: text_.resize(place(text_)); break;
      case 7: extreme_number(); break;
      case 8: text_.insert(place(text_), std::string(below(300), byte())); break;
    }
  }

  void extreme_number() {
    static constexpr std::array<std::string_view, 8> kNumbers = {"0",
                                                                 "-1",
                                                                 "9223372036854775807",
                                                                 "-9223372036854775808",
                                                                 "99999999999999999999",
                                                                 "1e308",
                                                                 "0x7fffffffffffffff",
                                                                 "nan"};
    const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
    auto begin = text_.begin() + static_cast<std::ptrdiff_t>(place(text_));
    begin = std::find_if(begin, text_.end(), digit);
    const auto end = std::find_if_not(begin, text_.end(), digit);
    const std::string_view number = kNumbers[below(kNumbers.size())];
    text_.replace(begin, end, number.begin(), number.end());
  }

  const std::vector<std::string>& examples_;
  std::mt19937_64& random_;
  std::string text_;
};

}  // namespace

std::string mutate(const std::vector<std::string>& examples, size_t max_size,
                   std::mt19937_64& random) {
  return Mutation(examples, random).run(max_size);
}

}  // namespace streamhost::testing
