// Takes the calls of others, on every address that a name stands for.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "cluster/link.h"

namespace streamhost::cluster {

class Listener {
 public:
  explicit Listener(boost::asio::io_context& io) : io_(io) {}

  // Listens on all addresses of "host:port". kFailed, saying why, when none is our own, or somebody
  // else listens on one. [before start()]
  Status open(const std::string& address);
  // Whether nobody can call but from this very host.
  bool is_loopback() const;
  // "10.0.0.7:2101, [fd00::7]:2101".
  std::string text() const;

  // Calls `accepted` with everyone who calls, and `failed` when taking a call has failed (too many
  // open files, say): it is tried again, after a pause. [io, as all that follow]
  void start(std::function<void(Socket socket)> accepted,
             std::function<void(const std::string& why)> failed);
  void close();

 private:
  struct Door {
    explicit Door(boost::asio::io_context& io) : acceptor(io), pause(io) {}
    boost::asio::ip::tcp::acceptor acceptor;
    boost::asio::steady_timer pause;
    int failures = 0;  // in a row
  };

  Error open(Door& door, const boost::asio::ip::tcp::endpoint& endpoint);
  void accept(Door& door);
  void rest(Door& door);

  boost::asio::io_context& io_;
  std::vector<std::unique_ptr<Door>> doors_;
  std::function<void(Socket)> accepted_;
  std::function<void(const std::string&)> failed_;
  bool closed_ = false;
};

}  // namespace streamhost::cluster
