#include "cluster/listener.h"

#include <fcntl.h>

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>
#include <chrono>
#include <utility>

#include "cluster/address.h"

namespace streamhost::cluster {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// After a failure to take a call, and at most, when it fails again and again.
constexpr auto kPause = std::chrono::milliseconds(50);
constexpr int kMostDoublings = 4;

}  // namespace

Status Listener::open(const std::string& address) {
  const auto wrong = [&](const std::string& why) {
    return Status::failed("cannot listen on " + address + ": " + why);
  };
  const std::optional<Address> where = read_address(address);
  if (!where) return wrong("that is not an address");
  std::vector<tcp::endpoint> endpoints;
  Error error;
  if (const auto endpoint = where->endpoint()) {
    endpoints.push_back(*endpoint);
  } else {
    tcp::resolver resolver(io_);
    for (const auto& found : resolver.resolve(where->host, std::to_string(where->port),
                                              tcp::resolver::passive, error)) {
      endpoints.push_back(found.endpoint());
    }
    if (error || endpoints.empty()) {
      return wrong("cannot find out the address of " + where->host + " (" + text_of(error) +
                   "); [cluster] listen = \"0.0.0.0:" + std::to_string(where->port) +
                   "\" listens on all addresses of this host");
    }
  }
  std::string not_ours;
  for (const tcp::endpoint& endpoint : endpoints) {
    auto door = std::make_unique<Door>(io_);
    error = open(*door, endpoint);
    if (error == asio::error::address_in_use) {
      return wrong("somebody listens on " + text_of(endpoint) + " already");
    }
    if (error) {
      not_ours = text_of(endpoint) + ": " + text_of(error);
    } else {
      doors_.push_back(std::move(door));
    }
  }
  if (doors_.empty()) {
    return wrong(not_ours + "; if others reach this host by another address than its own, say " +
                 "[cluster] listen = \"0.0.0.0:" + std::to_string(where->port) + "\"");
  }
  return Status::ok();
}

Error Listener::open(Door& door, const tcp::endpoint& endpoint) {
  Error error;
  Error ignored;
  tcp::acceptor& acceptor = door.acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (error) return error;
  fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
  acceptor.set_option(tcp::acceptor::reuse_address(true), ignored);
  // The IPv4 address of the same name has a door of its own.
  if (endpoint.protocol() == tcp::v6() && !endpoint.address().is_unspecified()) {
    acceptor.set_option(asio::ip::v6_only(true), ignored);
  }
  acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  return error;
}

bool Listener::is_loopback() const {
  return std::all_of(doors_.begin(), doors_.end(), [](const auto& door) {
    Error error;
    const auto endpoint = door->acceptor.local_endpoint(error);
    return !error && endpoint.address().is_loopback();
  });
}

std::string Listener::text() const {
  std::string text;
  for (const auto& door : doors_) {
    Error error;
    const auto endpoint = door->acceptor.local_endpoint(error);
    if (!error) text += (text.empty() ? "" : ", ") + text_of(endpoint);
  }
  return text;
}

void Listener::start(std::function<void(Socket)> accepted,
                     std::function<void(const std::string&)> failed) {
  accepted_ = std::move(accepted);
  failed_ = std::move(failed);
  for (const auto& door : doors_) accept(*door);
}

void Listener::accept(Door& door) {
  if (closed_) return;
  door.acceptor.async_accept([this, &door](const Error& error, Socket socket) {
    if (closed_) return;
    if (error) {
      failed_(text_of(error));
      return rest(door);
    }
    door.failures = 0;
    accepted_(std::move(socket));
    accept(door);
  });
}

void Listener::rest(Door& door) {
  door.pause.expires_after(kPause * (1 << std::min(door.failures++, kMostDoublings)));
  door.pause.async_wait([this, &door](const Error& error) {
    if (!error) accept(door);
  });
}

void Listener::close() {
  closed_ = true;
  Error ignored;
  for (const auto& door : doors_) {
    door->acceptor.close(ignored);
    door->pause.cancel();
  }
}

}  // namespace streamhost::cluster
