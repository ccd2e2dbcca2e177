#include "cluster/caller.h"

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <random>
#include <utility>

namespace streamhost::cluster {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::chrono::milliseconds kFirstPause(100);
constexpr std::chrono::milliseconds kLongestPause(2000);
constexpr std::chrono::seconds kMostTime(5);

// 100 ms, doubling up to 2 s, and up to a quarter less, so that not all call at the same time.
std::chrono::milliseconds pause_after(int failures) {
  const auto pause = std::min(kFirstPause * (1 << std::min(failures, 5)), kLongestPause);
  std::random_device random;
  std::uniform_int_distribution<int64_t> part(0, pause.count() / 4);
  return pause - std::chrono::milliseconds(part(random));
}

}  // namespace

Caller::Caller(asio::io_context& io, Address address, std::function<void(Socket)> answered)
    : address_(std::move(address)),
      answered_(std::move(answered)),
      resolver_(io),
      socket_(io),
      timer_(io) {}

void Caller::call() {
  stop();
  failures_ = 0;
  why_.clear();
  resolve();
}

void Caller::call_again(const std::string& why) {
  stop();
  why_ = why;
  timer_.expires_after(pause_after(failures_++));
  timer_.async_wait([self = shared_from_this(), round = round_](const Error& error) {
    if (!error && round == self->round_) self->resolve();
  });
}

void Caller::stop() {
  ++round_;
  timer_.cancel();
  resolver_.cancel();
  Error ignored;
  socket_.close(ignored);
}

void Caller::limit_time() {
  timer_.expires_after(kMostTime);
  timer_.async_wait([self = shared_from_this(), round = round_](const Error& error) {
    if (!error && round == self->round_) self->call_again("it does not answer");
  });
}

void Caller::resolve() {
  limit_time();
  if (const auto endpoint = address_.endpoint()) {
    return connect(tcp::resolver::results_type::create(*endpoint, address_.host, ""));
  }
  resolver_.async_resolve(address_.host, std::to_string(address_.port),
                          tcp::resolver::numeric_service,
                          [self = shared_from_this(), round = round_](
                              const Error& error, const tcp::resolver::results_type& found) {
                            if (round != self->round_) return;
                            if (error) {
                              return self->call_again("cannot find out the address of " +
                                                      self->address_.host + ": " + text_of(error));
                            }
                            self->connect(found);
                          });
}

void Caller::connect(const tcp::resolver::results_type& found) {
  asio::async_connect(
      socket_, found,
      [self = shared_from_this(), round = round_](const Error& error, const tcp::endpoint&) {
        if (round != self->round_) return;
        if (error) return self->call_again(text_of(error));
        ++self->round_;
        self->timer_.cancel();
        self->answered_(std::exchange(self->socket_, Socket(self->socket_.get_executor())));
      });
}

}  // namespace streamhost::cluster
