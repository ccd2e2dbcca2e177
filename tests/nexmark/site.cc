#include "site.h"

#include <charconv>
#include <chrono>
#include <stdexcept>

namespace streamhost::nexmark_test {
namespace {

int64_t number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::runtime_error("not an integer: \"" + std::string(text) + "\"");
  }
  return value;
}

}  // namespace

std::string_view field(std::string_view json, const std::string& name) {
  const size_t at = json.find("\"" + name + "\":");
  if (at == std::string_view::npos) return {};
  const size_t begin = at + name.size() + 3;
  if (json[begin] == '"') return json.substr(begin + 1, json.find('"', begin + 1) - begin - 1);
  return json.substr(begin, json.find_first_of(",}]", begin) - begin);
}

int64_t integer(std::string_view json, const std::string& name) {
  return number(field(json, name));
}

int64_t time_us(std::string_view text) {
  using namespace std::chrono;
  if (text.size() < 20 || text.back() != 'Z') {
    throw std::runtime_error("not a time: \"" + std::string(text) + "\"");
  }
  const auto part = [&](size_t at, size_t size) { return number(text.substr(at, size)); };
  const sys_days day = year(static_cast<int>(part(0, 4))) /
                       month(static_cast<unsigned>(part(5, 2))) /
                       std::chrono::day(static_cast<unsigned>(part(8, 2)));
  int64_t fraction = 0;
  if (text[19] == '.') {
    std::string digits(text.substr(20, text.size() - 21));
    digits.resize(6, '0');
    fraction = number(digits);
  }
  const int64_t seconds = part(11, 2) * 3600 + part(14, 2) * 60 + part(17, 2);
  return (int64_t{day.time_since_epoch().count()} * 86'400 + seconds) * 1'000'000 + fraction;
}

Site read_site(std::string_view lines) {
  Site site;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    const std::string_view type = field(line, "type");
    const int64_t time = time_us(field(line, "date_time"));
    if (type == "person") {
      site.persons.push_back({integer(line, "id"), std::string(field(line, "name")),
                              std::string(field(line, "city")), std::string(field(line, "state")),
                              time});
    } else if (type == "auction") {
      site.auctions.push_back({integer(line, "id"), integer(line, "seller"),
                               integer(line, "category"), time, time_us(field(line, "expires")),
                               std::string(line)});
    } else if (type == "bid") {
      site.bids.push_back({integer(line, "auction"), integer(line, "bidder"),
                           integer(line, "price"), time, std::string(line)});
    } else {
      throw std::runtime_error("not an event: " + std::string(line));
    }
  }
  return site;
}

}  // namespace streamhost::nexmark_test
