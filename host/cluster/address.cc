#include "cluster/address.h"

#include <charconv>

#include "manifest/address.h"

namespace streamhost::cluster {

std::optional<boost::asio::ip::tcp::endpoint> Address::endpoint() const {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  if (error) return std::nullopt;
  return boost::asio::ip::tcp::endpoint(address, port);
}

std::optional<Address> read_address(std::string_view text) {
  if (!check_address(text, 0)) return std::nullopt;
  const size_t colon = text.rfind(':');
  std::string_view host = text.substr(0, colon);
  if (host.front() == '[') host = host.substr(1, host.size() - 2);
  Address address;
  address.host = host;
  std::from_chars(text.data() + colon + 1, text.data() + text.size(), address.port);
  return address;
}

}  // namespace streamhost::cluster
