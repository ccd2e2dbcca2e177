#include "cluster/link.h"

#include <fcntl.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <utility>

namespace streamhost::cluster {
namespace asio = boost::asio;

Link::Link(Socket socket, asio::ssl::context* tls) : socket_(std::move(socket)) {
  Error ignored;
  // Frames are gathered before they are written: nothing is gained by waiting for more. Heartbeats
  // find dead ones sooner than the kernel's keep-alive does.
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  fcntl(socket_.native_handle(), F_SETFD, FD_CLOEXEC);
  const auto endpoint = socket_.remote_endpoint(ignored);
  remote_ = ignored ? "somebody who is gone already" : text_of(endpoint);
  if (tls != nullptr) tls_ = std::make_unique<asio::ssl::stream<Socket&>>(socket_, *tls);
}

Link::~Link() = default;

void Link::handshake(bool was_called, std::function<void(const Error&)> done) {
  tls_->async_handshake(
      was_called ? asio::ssl::stream_base::server : asio::ssl::stream_base::client,
      std::move(done));
}

SSL* Link::tls() const { return tls_ == nullptr ? nullptr : tls_->native_handle(); }

void Link::read_some(std::span<const asio::mutable_buffer> into, Done done) {
  if (tls_ != nullptr) {
    tls_->async_read_some(into, std::move(done));
  } else {
    socket_.async_read_some(into, std::move(done));
  }
}

void Link::write_some(std::span<const asio::const_buffer> from, Done done) {
  if (tls_ != nullptr) {
    tls_->async_write_some(from, std::move(done));
  } else {
    socket_.async_write_some(from, std::move(done));
  }
}

bool Link::has_more() const {
  Error ignored;
  return socket_.available(ignored) != 0;
}

void Link::end_writing() {
  Error ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Link::end_reading() {
  Error ignored;
  socket_.shutdown(Socket::shutdown_receive, ignored);
}

void Link::close() {
  Error ignored;
  socket_.close(ignored);
}

std::string text_of(const asio::ip::tcp::endpoint& endpoint) {
  const asio::ip::address& address = endpoint.address();
  const std::string host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  return host + ":" + std::to_string(endpoint.port());
}

std::string text_of(const Error& error) {
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    return "the connection was closed";
  }
  if (error == asio::error::connection_reset) return "the connection was reset";
  if (error == asio::error::connection_refused) return "nobody listens there";
  if (error == asio::error::broken_pipe) return "the connection is broken";
  std::string text = error.message();
  // OpenSSL's reasons come with the place in its code: "reason (SSL routines, tls_...)".
  if (const size_t routine = text.find(" (SSL routines"); routine != std::string::npos) {
    text.resize(routine);
  }
  return text;
}

}  // namespace streamhost::cluster
