// Calls one other process until it answers, again and again with longer pauses. Its name is looked
// up each time: it may get another address when it is started again, or a name only then.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "cluster/address.h"
#include "cluster/link.h"

namespace streamhost::cluster {

// All on the io thread.
class Caller : public std::enable_shared_from_this<Caller> {
 public:
  // `answered` gets the connected socket; what becomes of that decides about call(), call_again()
  // or nothing.
  Caller(boost::asio::io_context& io, Address address, std::function<void(Socket)> answered);

  // Calls at once, and forgets that it has called in vain.
  void call();
  // Calls after a pause, as that has come to nothing.
  void call_again(const std::string& why);
  // Gives up until it is asked again.
  void stop();

  // Why the last call came to nothing; empty when none has since call().
  const std::string& why() const { return why_; }

 private:
  void resolve();
  void connect(const boost::asio::ip::tcp::resolver::results_type& found);
  void limit_time();

  const Address address_;
  const std::function<void(Socket)> answered_;
  boost::asio::ip::tcp::resolver resolver_;
  Socket socket_;
  boost::asio::steady_timer timer_;  // of the pause, then of the call
  uint64_t round_ = 0;               // what belongs to an earlier one comes too late
  int failures_ = 0;
  std::string why_;
};

}  // namespace streamhost::cluster
