#include "manifest/address.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <map>
#include <memory>

#include "base/json_text.h"
#include "manifest/read_text.h"

namespace streamhost {
namespace {

constexpr size_t kMaxHostsBytes = size_t{1} << 20;

Status no_address(std::string_view text, std::string_view why) {
  return Status::usage(json_string(text) + " is not an address: " + std::string(why));
}

Status too_many() {
  return Status::usage("there are more than " + std::to_string(kMaxProcesses) + " addresses");
}

// Digits and nothing else.
bool read_number(std::string_view text, uint32_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return !text.empty() && end == text.data() + text.size() && error == std::errc();
}

// The addresses that one text stands for: one, or those of its range; each is checked.
Result<std::vector<std::string>> expand(std::string_view text) {
  const size_t open = text.find('{');
  if (open == std::string_view::npos) {
    if (Status status = check_address(text, 1); !status) return status;
    return std::vector<std::string>{std::string(text)};
  }
  const auto wrong = [&] {
    return no_address(text, "write a range as {FIRST..LAST}, such as job-{0..2}.job:2101");
  };
  const size_t close = text.find('}', open);
  const size_t dots = text.find("..", open);
  if (close == std::string_view::npos || dots == std::string_view::npos || dots > close) {
    return wrong();
  }
  const std::string_view before = text.substr(0, open);
  const std::string_view behind = text.substr(close + 1);
  uint32_t first = 0;
  uint32_t last = 0;
  if (!read_number(text.substr(open + 1, dots - open - 1), first) ||
      !read_number(text.substr(dots + 2, close - dots - 2), last) || first > last) {
    return wrong();
  }
  if (behind.find('{') != std::string_view::npos) {
    return no_address(text, "it may have one range, not two");
  }
  if (last - first >= kMaxProcesses) return too_many();
  std::vector<std::string> addresses;
  for (uint32_t number = first; number <= last; ++number) {
    std::string address = std::string(before) + std::to_string(number) + std::string(behind);
    if (Status status = check_address(address, 1); !status) return status;
    addresses.push_back(std::move(address));
  }
  return addresses;
}

std::string_view trimmed(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

Status check_address(std::string_view text, unsigned least_port) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return no_address(text, "write HOST:PORT");
  const std::string_view host = text.substr(0, colon);
  if (host.empty()) return no_address(text, "the host is missing, write HOST:PORT");
  if (host.front() == '[') {
    if (host.size() < 4 || host.back() != ']' ||
        host.find_first_not_of("0123456789abcdefABCDEF:.%", 1) != host.size() - 1) {
      return no_address(text, "write an IPv6 address as [ADDRESS]:PORT");
    }
  } else {
    if (host.find(':') != std::string_view::npos) {
      return no_address(text, "write an IPv6 address as [ADDRESS]:PORT");
    }
    const bool plain = std::all_of(host.begin(), host.end(), [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_';
    });
    if (!plain) return no_address(text, "the host may contain only letters, digits and -._");
  }
  uint32_t port = 0;
  if (!read_number(text.substr(colon + 1), port) || port < least_port || port > UINT16_MAX) {
    return no_address(text,
                      "the port must be a number from " + std::to_string(least_port) + " to 65535");
  }
  return Status::ok();
}

std::string_view host_of(std::string_view address) {
  std::string_view host = address.substr(0, address.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return host;
}

Result<std::vector<std::string>> parse_addresses(std::string_view text) {
  std::vector<std::string> addresses;
  for (bool more = !text.empty(); more;) {
    const size_t comma = text.find(',');
    Result<std::vector<std::string>> some = expand(text.substr(0, comma));
    if (!some) return some.status();
    for (std::string& address : *some) {
      if (std::find(addresses.begin(), addresses.end(), address) != addresses.end()) {
        return Status::usage(json_string(address) + " is given twice: each process has its own");
      }
      addresses.push_back(std::move(address));
    }
    if (addresses.size() > kMaxProcesses) return too_many();
    more = comma != std::string_view::npos;
    if (more) text.remove_prefix(comma + 1);
  }
  return addresses;
}

std::vector<std::string> read_hosts(const std::filesystem::path& path, Diagnostics& diagnostics) {
  const auto file = std::make_shared<const std::string>(path.string());
  std::vector<std::string> addresses;
  const Result<std::string> content = read_text(path, kMaxHostsBytes);
  if (!content) {
    diagnostics.error({}, "hosts: " + content.status().message());
    return addresses;
  }
  std::map<std::string, uint32_t> lines;  // where each address stands
  std::string_view text = *content;
  for (uint32_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view word = trimmed(line.substr(0, line.find('#')));
    if (word.empty()) continue;
    const Location where{file, number, static_cast<uint32_t>(word.data() - line.data() + 1)};
    Result<std::vector<std::string>> some = expand(word);
    if (!some) {
      diagnostics.error(where, some.status().message());
      continue;
    }
    for (std::string& address : *some) {
      const auto [it, first] = lines.emplace(address, number);
      if (!first) {
        diagnostics.error(where, json_string(address) + " is given twice: line " +
                                     std::to_string(it->second) + " has it");
      }
      addresses.push_back(std::move(address));
    }
    if (addresses.size() > kMaxProcesses) {
      diagnostics.error(where, too_many().message());
      return addresses;
    }
  }
  if (lines.empty() && !diagnostics.has_errors()) {
    diagnostics.error({file, 0, 0}, "there is no address in it: write one a line, HOST:PORT");
  }
  return addresses;
}

}  // namespace streamhost
