#include "cluster/printable.h"

#include <algorithm>

#include "base/json_text.h"

namespace streamhost::cluster {
namespace {

constexpr std::string_view kMissing = "...";

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// The begin of the character that `at` lies in; a character has at most four bytes.
size_t character_at(std::string_view text, size_t at) {
  at = std::min(at, text.size());
  size_t begin = at;
  while (begin > 0 && begin + 3 > at && begin < text.size() && continues(text[begin])) --begin;
  return begin;
}

}  // namespace

std::string printable(std::string_view text, size_t most) {
  // Cut first, so that no more than `most` bytes are worked on; and once more, because what is not
  // UTF-8 grows.
  const bool cut = text.size() > most;
  std::string plain(cut ? text.substr(0, character_at(text, most)) : text);
  for (size_t i = 0; i < plain.size(); ++i) {
    const auto c = static_cast<unsigned char>(plain[i]);
    if (c < 0x20 || c == 0x7F) plain[i] = '?';
    // U+0080 to U+009F are control characters, too.
    if (c == 0xC2 && i + 1 < plain.size() && static_cast<unsigned char>(plain[i + 1]) < 0xA0) {
      plain[i] = plain[i + 1] = '?';
    }
  }
  // JSON's writer knows what is UTF-8; its escapes of the two that remain are taken back.
  const std::string quoted = json_string(plain);
  std::string out;
  for (size_t i = 1; i + 1 < quoted.size(); ++i) {
    if (quoted[i] == '\\') ++i;
    out += quoted[i];
  }
  if (cut || out.size() > most) {
    const size_t room = most < kMissing.size() ? 0 : most - kMissing.size();
    if (out.size() > room) out.resize(character_at(out, room));
    out += kMissing.substr(0, most);
  }
  return out;
}

std::string excerpt(std::string_view text, size_t at, size_t most) {
  const size_t begin = character_at(text, at);
  const size_t end = text.size() - begin <= most ? text.size() : character_at(text, begin + most);
  std::string out(text.substr(begin, end - begin));
  if (begin != 0) out.insert(0, kMissing);
  if (end != text.size()) out += kMissing;
  return out;
}

}  // namespace streamhost::cluster
