// The bytes of a connection: plain TCP, or TLS over it. Knows nothing of what they mean.
//
// Used on the io thread only. One read and one write may be under way at a time; buffers, and the
// link itself, stay where they are until the operation is done. A connection that was closed ends
// its operations with an error, later, never within close().
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

using SSL = struct ssl_st;

namespace boost::asio::ssl {
class context;
template <typename>
class stream;
}  // namespace boost::asio::ssl

namespace streamhost::cluster {

using Error = boost::system::error_code;
using Socket = boost::asio::ip::tcp::socket;

class Link {
 public:
  // `error`, and how many bytes were read or written.
  using Done = std::function<void(const Error& error, size_t bytes)>;

  // Takes over a connected socket. `tls`, when given, outlives the link; handshake() comes first
  // then.
  Link(Socket socket, boost::asio::ssl::context* tls);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Under TLS: makes it secure, as the one who was called or the one who calls.
  void handshake(bool was_called, std::function<void(const Error& error)> done);
  // Null when the link is plain.
  SSL* tls() const;

  // Reads what has come, at least one byte, into as many of the buffers as it fills.
  void read_some(std::span<const boost::asio::mutable_buffer> into, Done done);
  // Writes the first of these bytes, at least one: as many as can leave without waiting.
  void write_some(std::span<const boost::asio::const_buffer> from, Done done);

  // Whether there is something to read that was not read yet.
  bool has_more() const;
  // Nothing more will be written: the other one reads to the end and sees it.
  void end_writing();
  // Nothing more will come: what has arrived is still read, then reading ends.
  void end_reading();
  void close();

  // "10.0.0.7:41234", of the other one, as it was when connected.
  const std::string& remote() const { return remote_; }

 private:
  Socket socket_;
  std::unique_ptr<boost::asio::ssl::stream<Socket&>> tls_;
  std::string remote_;
};

// "10.0.0.7:2101" or "[fd00::7]:2101".
std::string text_of(const boost::asio::ip::tcp::endpoint& endpoint);
// For a person: "connection reset", "the certificate has expired".
std::string text_of(const Error& error);

}  // namespace streamhost::cluster
