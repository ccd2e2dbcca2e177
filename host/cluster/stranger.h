// A connection on which the other one has not shown yet who it is: TLS, then the handshake, within
// a time that is bounded, and with memory that grows no faster than what really came.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "cluster/frame.h"
#include "cluster/handshake.h"
#include "cluster/link.h"

namespace streamhost::cluster {

class Stranger : public std::enable_shared_from_this<Stranger> {
 public:
  // Whether the certificate of the other one is that of this process; ok when it is.
  using CheckCertificate = std::function<Status(SSL* tls, uint32_t process)>;
  // Called on the io thread, once, when nothing is left to do: it is known who the other one is,
  // or the connection is closed.
  using Done = std::function<void(Stranger& stranger)>;

  // `called`: the process that was called; -1 when somebody called us. The one who calls waits for
  // a sign that it is in: a heartbeat, or a good-bye that says why not.
  Stranger(boost::asio::io_context& io, std::unique_ptr<Link> link, Handshake handshake,
           int64_t called, CheckCertificate check, Done done);

  // Begins, and ends in any case when this much time has passed. [io, as all that follow]
  void start(std::chrono::microseconds time);
  // Closes the connection now, for this reason.
  void close(const std::string& why);

  // Whether its connection is closed already, though not everything is given back.
  bool is_closed() const { return closed_; }
  // Whether it is known who the other one is; else why() says why not: kUsage when trying again
  // cannot help.
  bool is_known() const { return known_; }
  const Peer& peer() const { return handshake_.peer(); }
  // Once it is known, for the taking: the link, and what was read from it beyond the handshake.
  std::unique_ptr<Link> take_link() { return std::move(link_); }
  const std::string& rest() const { return in_; }

  const Status& why() const { return why_; }
  // Whom the other one claims to be, -1 before it has said so.
  int64_t claimed() const { return handshake_.claimed(); }
  // Whether it has shown that it belongs to the cluster, by its certificate and token, if asked
  // for. What somebody who has not is refused for is no reason to give up.
  bool proved() const { return certified_ && handshake_.proved(); }
  // Whether the other one has refused us.
  bool by_other() const { return handshake_.by_other(); }
  const std::string& remote() const { return remote_; }

 private:
  bool was_called() const { return called_ < 0; }
  void secure();
  void begin();
  void read();
  void on_read(const Error& error, size_t bytes);
  // Takes the frames that are complete; false when that has ended it.
  bool take_frames();
  bool take(const FrameHeader& header, std::string_view body);
  bool take_welcome(const FrameHeader& header, std::string_view body);
  bool is_certified();
  void write();
  void on_written(const Error& error, size_t bytes);
  void fail(Status why);
  void on_idle();
  void end();

  boost::asio::steady_timer deadline_;
  std::unique_ptr<Link> link_;
  const std::string remote_;
  Handshake handshake_;
  const int64_t called_;
  CheckCertificate check_;
  Done done_;

  std::string in_;
  std::array<char, 4096> chunk_;
  std::string out_;      // to be written
  std::string sending_;  // being written
  size_t written_ = 0;   // of sending_
  std::array<boost::asio::mutable_buffer, 1> read_buffer_;
  std::array<boost::asio::const_buffer, 1> write_buffer_;
  bool reading_ = false;
  bool writing_ = false;
  bool certified_ = false;
  bool known_ = false;
  bool failed_ = false;     // what is still to be written is written, then it ends
  bool lingering_ = false;  // all was written: waits for the other one to close
  bool closed_ = false;
  Status why_;
};

}  // namespace streamhost::cluster
