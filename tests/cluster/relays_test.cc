#include "cluster/relays.h"

#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>

#include "cluster/loopback.h"

namespace streamhost::cluster_test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// Process 1 that calls process 0 over a relay.
class RelaysTest : public ::testing::Test {
 protected:
  RelaysTest() : network_(2), acceptor_(io_, endpoint(network_.address(0))) {
    caller_.connect(endpoint(network_.addresses(1, 2)[0]));
    acceptor_.accept(called_);
  }

  static tcp::endpoint endpoint(const std::string& address) {
    const size_t colon = address.rfind(':');
    return {asio::ip::make_address(address.substr(0, colon)),
            static_cast<uint16_t>(std::stoul(address.substr(colon + 1)))};
  }
  static void say(tcp::socket& from, const std::string& what) {
    asio::write(from, asio::buffer(what));
  }
  static std::string hear(tcp::socket& at, size_t size) {
    std::string what(size, '\0');
    asio::read(at, asio::buffer(what));
    return what;
  }
  // Nothing comes for a while.
  static bool hears_nothing(tcp::socket& at) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return at.available() == 0;
  }

  asio::io_context io_;
  Loopback network_;
  tcp::acceptor acceptor_;
  tcp::socket caller_{io_}, called_{io_};
};

TEST_F(RelaysTest, PassOnWhatBothSay) {
  say(caller_, "question");
  EXPECT_EQ(hear(called_, 8), "question");
  say(called_, "answer");
  EXPECT_EQ(hear(caller_, 6), "answer");
  called_.close();
  boost::system::error_code error;
  char byte = 0;
  caller_.read_some(asio::buffer(&byte, 1), error);
  EXPECT_EQ(error, asio::error::eof);
}

TEST_F(RelaysTest, HoldBackWhatIsSaidUntilTheyAreMended) {
  network_.cut(0, 1);
  say(caller_, "question");
  say(called_, "answer");
  EXPECT_TRUE(hears_nothing(called_));
  EXPECT_TRUE(hears_nothing(caller_));
  network_.mend();
  EXPECT_EQ(hear(called_, 8), "question");
  EXPECT_EQ(hear(caller_, 6), "answer");
}

TEST_F(RelaysTest, CanLetOneSideBeHeardOnly) {
  network_.cut_one_way(1, 0);
  say(caller_, "question");
  say(called_, "answer");
  EXPECT_EQ(hear(caller_, 6), "answer");
  EXPECT_TRUE(hears_nothing(called_));
  network_.mend();
  network_.cut_one_way(0, 1);
  EXPECT_EQ(hear(called_, 8), "question");
  say(called_, "answer");
  EXPECT_TRUE(hears_nothing(caller_));
}

TEST_F(RelaysTest, HoldBackNewConnectionsToo) {
  network_.cut(0, 1);
  tcp::socket another(io_);
  another.connect(endpoint(network_.addresses(1, 2)[0]));
  acceptor_.non_blocking(true);
  boost::system::error_code error;
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  tcp::socket answered(io_);
  acceptor_.accept(answered, error);
  EXPECT_EQ(error, asio::error::would_block);
  network_.mend();
  acceptor_.non_blocking(false);
  acceptor_.accept(answered);
  say(another, "hello");
  EXPECT_EQ(hear(answered, 5), "hello");
}

TEST_F(RelaysTest, ResetBothSides) {
  network_.reset(0, 1);
  for (tcp::socket* socket : {&caller_, &called_}) {
    boost::system::error_code error;
    char byte = 0;
    socket->read_some(asio::buffer(&byte, 1), error);
    EXPECT_EQ(error, asio::error::connection_reset);
  }
}

TEST_F(RelaysTest, DelayWhatIsSaid) {
  network_.delay(std::chrono::milliseconds(60));
  const auto begin = std::chrono::steady_clock::now();
  say(caller_, "question");
  EXPECT_EQ(hear(called_, 8), "question");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(60));
}

}  // namespace
}  // namespace streamhost::cluster_test
