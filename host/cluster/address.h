// Where a process is reached: "h2:2101", "10.0.0.7:2101", "[fd00::7]:2101".
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace streamhost::cluster {

struct Address {
  std::string host;  // without brackets
  uint16_t port = 0;

  // The endpoint, when the host is given as a number and there is no name to look up.
  std::optional<boost::asio::ip::tcp::endpoint> endpoint() const;
};

// Empty when this is none: see check_address() of manifest/setting.h, which says why.
std::optional<Address> read_address(std::string_view text);

}  // namespace streamhost::cluster
