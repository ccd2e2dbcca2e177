#include "cluster/relays.h"

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <set>

namespace streamhost::cluster_test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Error = boost::system::error_code;
using Clock = std::chrono::steady_clock;

// What a direction holds at most; then the one who speaks is not read any more, as in a network.
constexpr size_t kMostHeld = 64;

// What is done to one direction.
struct Weather {
  bool held = false;
  Clock::duration delay{0};
};

// What one side says and the other one hears.
class Direction : public std::enable_shared_from_this<Direction> {
 public:
  // `broken` is called when either side is gone.
  Direction(tcp::socket& from, tcp::socket& to, const Weather& weather,
            std::function<void()> broken)
      : from_(from),
        to_(to),
        weather_(weather),
        broken_(std::move(broken)),
        timer_(from.get_executor()) {}

  void read() {
    if (reading_ || ended_ || held_.size() >= kMostHeld) return;
    reading_ = true;
    from_.async_read_some(
        asio::buffer(buffer_), [self = shared_from_this()](Error error, size_t n) {
          self->reading_ = false;
          if (self->closed_) return;
          if (error && error != asio::error::eof) return self->break_off();
          self->ended_ = static_cast<bool>(error);
          // An empty piece is the end.
          self->held_.push_back(
              {Clock::now() + self->weather_.delay, std::string(self->buffer_.data(), n)});
          self->write();
          self->read();
        });
  }

  // Passes on what is due.
  void write() {
    if (writing_ || closed_ || weather_.held || held_.empty()) return;
    writing_ = true;
    timer_.expires_at(held_.front().due);
    timer_.async_wait([self = shared_from_this()](Error error) {
      if (error || self->closed_) return;
      if (self->weather_.held) {
        self->writing_ = false;
        return;
      }
      self->write_first();
    });
  }

  void close() {
    closed_ = true;
    timer_.cancel();
  }

 private:
  struct Piece {
    Clock::time_point due;
    std::string bytes;
  };

  void write_first() {
    if (held_.front().bytes.empty()) {
      Error ignored;
      to_.shutdown(tcp::socket::shutdown_send, ignored);
      return;
    }
    asio::async_write(to_, asio::buffer(held_.front().bytes),
                      [self = shared_from_this()](Error error, size_t) {
                        if (self->closed_) return;
                        if (error) return self->break_off();
                        self->writing_ = false;
                        self->held_.pop_front();
                        self->write();
                        self->read();
                      });
  }
  void break_off() {
    const auto broken = broken_;
    broken();
  }

  tcp::socket& from_;
  tcp::socket& to_;
  const Weather& weather_;
  const std::function<void()> broken_;
  asio::steady_timer timer_;
  std::array<char, 16384> buffer_;
  std::deque<Piece> held_;
  bool reading_ = false, writing_ = false, ended_ = false, closed_ = false;
};

}  // namespace

class Relay : public std::enable_shared_from_this<Relay> {
 public:
  Relay(asio::io_context& io, const tcp::endpoint& listen, const tcp::endpoint& to)
      : io_(io), acceptor_(io, listen), to_(to) {}

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](Error error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error) {
        self->pairs_.insert(std::make_shared<Pair>(*self, std::move(socket)));
        self->go_on();
      }
      self->accept();
    });
  }
  void close() {
    acceptor_.close();
    reset();
  }
  void hold(bool from_callers, bool from_called) {
    from_callers_.held = from_callers;
    from_called_.held = from_called;
    go_on();
  }
  void delay(Clock::duration by) { from_callers_.delay = from_called_.delay = by; }
  void reset() {
    const auto pairs = pairs_;
    for (const auto& pair : pairs) pair->break_off();
  }

 private:
  struct Pair : std::enable_shared_from_this<Pair> {
    Pair(Relay& owner, tcp::socket socket)
        : relay(owner), caller(std::move(socket)), called(owner.io_) {}

    void go_on() {
      if (relay.from_callers_.held || relay.from_called_.held) {
        if (!begun) return;  // nobody gets through to anybody
      }
      if (!begun) return begin();
      if (forth != nullptr) {
        forth->write();
        back->write();
      }
    }
    void begin() {
      begun = true;
      called.async_connect(relay.to_, [self = shared_from_this()](Error error) {
        if (self->broken) return;
        if (error) return self->break_off();
        self->called.set_option(tcp::no_delay(true));
        self->caller.set_option(tcp::no_delay(true));
        const auto end = [weak = std::weak_ptr(self)] {
          if (const auto pair = weak.lock()) pair->break_off();
        };
        self->forth =
            std::make_shared<Direction>(self->caller, self->called, self->relay.from_callers_, end);
        self->back =
            std::make_shared<Direction>(self->called, self->caller, self->relay.from_called_, end);
        self->forth->read();
        self->back->read();
      });
    }
    // As one does who has no idea of the connection.
    void break_off() {
      if (broken) return;
      broken = true;
      for (const auto& direction : {forth, back}) {
        if (direction != nullptr) direction->close();
      }
      for (tcp::socket* socket : {&caller, &called}) {
        Error ignored;
        socket->set_option(asio::socket_base::linger(true, 0), ignored);
        socket->close(ignored);
      }
      // The directions speak of our sockets until their last call has returned.
      asio::post(relay.io_, [self = shared_from_this()] { self->relay.pairs_.erase(self); });
    }

    Relay& relay;
    tcp::socket caller, called;
    std::shared_ptr<Direction> forth, back;
    bool begun = false, broken = false;
  };

  void go_on() {
    const auto pairs = pairs_;
    for (const auto& pair : pairs) pair->go_on();
  }

  asio::io_context& io_;
  tcp::acceptor acceptor_;
  const tcp::endpoint to_;
  Weather from_callers_, from_called_;
  std::set<std::shared_ptr<Pair>> pairs_;
};

Relays::Relays() : work_(io_.get_executor()), thread_([this] { io_.run(); }) {}

Relays::~Relays() {
  call([this] {
    for (const auto& relay : relays_) relay->close();
  });
  work_.reset();
  thread_.join();
}

size_t Relays::add(const std::string& ip, uint16_t port, uint16_t to_port) {
  const auto address = asio::ip::make_address(ip);
  call([&] {
    relays_.push_back(std::make_shared<Relay>(io_, tcp::endpoint(address, port),
                                              tcp::endpoint(address, to_port)));
    relays_.back()->accept();
  });
  return relays_.size() - 1;
}

void Relays::hold(size_t relay, bool from_callers, bool from_called) {
  call([&] { relays_[relay]->hold(from_callers, from_called); });
}

void Relays::delay(size_t relay, std::chrono::microseconds by) {
  call([&] { relays_[relay]->delay(by); });
}

void Relays::reset(size_t relay) {
  call([&] { relays_[relay]->reset(); });
}

void Relays::call(std::function<void()> what) {
  std::packaged_task<void()> task(std::move(what));
  auto done = task.get_future();
  asio::post(io_, [&] { task(); });
  done.get();
}

}  // namespace streamhost::cluster_test
