#include "cluster/fingerprint.h"

#include <openssl/evp.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fixed64.h"
#include "base/json_text.h"
#include "cluster/printable.h"

namespace streamhost::cluster {
namespace {

constexpr size_t kLongText = 256;    // sent whole up to here
constexpr size_t kShownText = 48;    // of a value, in a message
constexpr size_t kShownBefore = 16;  // of that, in front of where two values part
constexpr size_t kShown = 5;         // differences in a message

std::string sha256(std::string_view text) {
  unsigned char raw[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), raw, &size, EVP_sha256(), nullptr) != 1) return {};
  return {reinterpret_cast<const char*>(raw), size};
}

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string shortened(const std::string& text) {
  if (text.size() <= kLongText) return text;
  return excerpt(text, 0, kLongText / 2) + " (" + std::to_string(text.size()) + " bytes, sha256 " +
         hex(sha256(text)) + ")";
}

// "[operator.words]" of "[operator.words] lowercase"; all of a name that is not of a table.
std::string_view table_of(std::string_view name) {
  const size_t end = name.starts_with('[') ? name.find(']') : std::string_view::npos;
  return end == std::string_view::npos ? name : name.substr(0, end + 1);
}

bool has_table(const Fingerprint& in, std::string_view table) {
  const auto it = in.lower_bound(std::string(table));
  return it != in.end() && it->first.starts_with(table);
}

// Both values, cut so that one sees where they part.
std::string both_values(const std::string& there, const std::string& here) {
  const auto parting = std::mismatch(there.begin(), there.end(), here.begin(), here.end());
  const auto common = static_cast<size_t>(parting.first - there.begin());
  const size_t longer = std::max(there.size(), here.size());
  const size_t at = longer <= kShownText || common < kShownBefore ? 0 : common - kShownBefore;
  return json_string(excerpt(there, at, kShownText)) + " there and " +
         json_string(excerpt(here, at, kShownText)) + " here";
}

}  // namespace

std::string digest(const Fingerprint& fingerprint) {
  std::string text;
  for (const auto& [name, value] : fingerprint) {
    for (const std::string* part : {&name, &value}) {
      append_fixed64(text, part->size());
      text += *part;
    }
  }
  return sha256(text);
}

Fingerprint shortened(const Fingerprint& fingerprint) {
  Fingerprint out;
  for (const auto& [name, value] : fingerprint) out[shortened(name)] = shortened(value);
  return out;
}

std::string differences(const Fingerprint& here, const Fingerprint& there) {
  std::vector<std::string> all;
  std::string_view missing;  // the table of the last message about one that is missing
  const auto is_missing = [&](const std::string& name, const Fingerprint& in, const char* where) {
    const std::string_view table = table_of(name);
    if (has_table(in, table)) {
      all.push_back(name + " is missing " + where);
    } else if (table != missing) {
      missing = table;
      all.push_back(std::string(table) + " is missing " + where);
    }
  };

  auto ours = here.begin();
  auto theirs = there.begin();
  while (ours != here.end() || theirs != there.end()) {
    if (theirs == there.end() || (ours != here.end() && ours->first < theirs->first)) {
      is_missing(ours->first, there, "there");
      ++ours;
    } else if (ours == here.end() || theirs->first < ours->first) {
      is_missing(theirs->first, here, "here");
      ++theirs;
    } else {
      if (ours->second != theirs->second) {
        all.push_back(ours->first + " is " + both_values(theirs->second, ours->second));
      }
      ++ours;
      ++theirs;
    }
  }

  std::string text;
  for (size_t i = 0; i < std::min(all.size(), kShown); ++i) text += (i == 0 ? "" : "; ") + all[i];
  if (all.size() > kShown) text += "; and " + std::to_string(all.size() - kShown) + " more";
  return text;
}

}  // namespace streamhost::cluster
