// Frames over a link, in both directions, between two processes that know each other.
//
// Sending never waits: frames queue, and leave many at a time. What may queue is bounded by those
// who send. Receiving holds at most a staging buffer and one body: a large body is read from the
// socket straight to where it stays, small frames are read many at a time.
//
// When there is nothing to send, heartbeats show that this process is alive; when nothing comes,
// the other one is taken for lost. Silence is counted in ticks, not by the clock: a process that
// was stopped for a while finds one tick more when it goes on, and first reads what came meanwhile.
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "cluster/frame.h"
#include "cluster/link.h"

namespace streamhost::cluster {

class Connection : public std::enable_shared_from_this<Connection> {
  static constexpr size_t kStaging = size_t{64} << 10;

 public:
  // Larger bodies always lie in chunks.
  static constexpr size_t kMostInPlace = kStaging - kHeaderSize;

  using Written = std::function<void()>;

  // Who takes what comes. Called on the io thread, never after finish().
  class Owner {
   public:
    virtual ~Owner() = default;
    // Where the body of such a frame has to lie; null: it does not matter, and a small one is only
    // valid during take().
    virtual ArenaPool* pool_for(uint32_t peer, const FrameHeader& header) = 0;
    // A frame that is no heartbeat. A result that is not ok ends the connection.
    virtual Status take(uint32_t peer, Received& frame) = 0;
    // Nothing comes any more, and why: "the connection was reset". Once, and the last call. To be
    // answered with finish(), which still says good-bye if that can be.
    virtual void ended(uint32_t peer, const std::string& why) = 0;
  };

  // `peer` is what the owner calls the other one. `pool`, which outlives the connection, is for
  // what it sends and receives by itself.
  Connection(boost::asio::io_context& io, std::unique_ptr<Link> link, ArenaPool& pool,
             uint32_t peer);

  // Begins to read. `first`: what was already read from the link. [io]
  void start(std::shared_ptr<Owner> owner, std::string_view first);

  // Sends a frame after those before it. `written`, if given, is called when it has left or never
  // will, on the io thread or, when the connection has ended, on this one. [any thread]
  void send(Frame frame, Written written = nullptr);

  // To be called at a steady pace: sends a heartbeat when nothing was sent since the last tick, and
  // ends the connection after `most_silent` ticks in a row during which nothing came,
  // which it calls a time of `silence_us`. [io]
  void tick(uint32_t most_silent, int64_t silence_us);

  // Says good-bye: sends what is queued (unless `hurry`), then `last`, then closes; a second later
  // in any case. `closed` is called when everything that the connection held is given back, as the
  // last of all its calls. The owner hears nothing more. [io, once]
  void finish(Frame last, bool hurry, std::function<void()> closed);

  const std::string& remote() const { return link_->remote(); }

 private:
  static constexpr size_t kMostBuffers = 64;

  struct Outgoing {
    Frame frame;
    Written written;
  };

  void read();
  void on_read(const Error& error, size_t bytes);
  // Hands on what is complete in the staging buffer; then begins the body that is not.
  void take_frames();
  bool begin_body(ArenaPool& pool);
  void hand_on_body();
  void hand_on(Received frame);

  void write();
  void on_written(const Error& error, size_t bytes);
  void on_all_written();
  void drop_unsent();
  static void drop(std::vector<Outgoing> frames);

  // Ends receiving, and tells the owner.
  void end(const std::string& why);
  bool is_heard() const { return owner_ != nullptr; }
  void close_link();
  void settle();

  boost::asio::io_context& io_;
  const std::unique_ptr<Link> link_;
  ArenaPool& pool_;
  const uint32_t peer_;
  std::shared_ptr<Owner> owner_;      // null once it is to hear nothing more
  std::shared_ptr<Connection> self_;  // keeps it until everything is given back

  // Reading.
  std::vector<uint8_t> staging_;
  size_t begin_ = 0, end_ = 0;  // what of it was read and not taken
  FrameHeader header_;          // of the body being read
  ArenaRef body_;               // null: none is
  size_t body_have_ = 0;
  bool large_ = false;  // the last body was: another one is likely
  std::array<boost::asio::mutable_buffer, 2> read_buffers_;
  bool reading_ = false;
  bool heard_ = false;
  uint32_t silent_ticks_ = 0;

  // Writing.
  std::mutex mutex_;
  std::vector<Outgoing> queue_;  // guarded
  bool awake_ = false;           // guarded: write() is running or will
  bool ended_ = false;           // guarded: nothing is sent any more
  std::vector<Outgoing> leaving_;
  size_t first_ = 0;   // of leaving_, the first that has not left
  size_t offset_ = 0;  // how much of it has
  std::array<boost::asio::const_buffer, kMostBuffers> write_buffers_;
  bool writing_ = false;
  bool broken_ = false;  // for writing
  bool sent_ = false;

  // Ending.
  std::string why_;         // a cause that was seen when writing
  bool finishing_ = false;  // finish() was called: what comes is not looked at
  bool hurry_ = false;
  bool said_all_ = false;
  bool closed_ = false;
  Frame last_;
  std::function<void()> on_closed_;
  boost::asio::steady_timer deadline_;
};

}  // namespace streamhost::cluster
