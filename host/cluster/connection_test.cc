#include "cluster/connection.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/null_sink.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cluster/io_thread.h"

namespace streamhost::cluster {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::seconds;

constexpr int64_t kSecond = 1'000'000;

Log silent_log() {
  return std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>());
}

struct Came {
  FrameType type;
  uint32_t tag;
  std::string body;
  bool in_chunk;
};

// Keeps what comes. Blocks go to a pool, as those of a job do.
class Recorder : public Connection::Owner {
 public:
  ArenaPool* pool_for(uint32_t, const FrameHeader& header) override {
    return header.type == FrameType::kBlock ? &pool_ : nullptr;
  }
  Status take(uint32_t, Received& frame) override {
    const std::lock_guard lock(mutex_);
    const auto* text = reinterpret_cast<const char*>(frame.body.data());
    bytes_ += frame.body.size();
    ++count_;
    if (keep_) {
      came_.push_back({frame.header.type, frame.header.tag, std::string(text, frame.body.size()),
                       static_cast<bool>(frame.arena)});
    } else if (frame.header.tag != next_tag_++) {
      return Status::failed("it came out of order");
    }
    changed_.notify_all();
    return answer_;
  }
  void ended(uint32_t, const std::string& why) override {
    const std::lock_guard lock(mutex_);
    why_.push_back(why);
    changed_.notify_all();
  }

  // Waits for so many frames.
  std::vector<Came> wait_for(size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, seconds(60), [&] { return count_ >= count; }));
    return came_;
  }
  // Waits for the end, and gives why.
  std::string wait_for_end() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, seconds(60), [&] { return !why_.empty(); }));
    EXPECT_EQ(why_.size(), 1u);
    return why_.empty() ? std::string() : why_.front();
  }
  bool has_ended() {
    const std::lock_guard lock(mutex_);
    return !why_.empty();
  }
  size_t count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  void only_count() { keep_ = false; }
  void answer_with(Status status) { answer_ = std::move(status); }

 private:
  ArenaPool pool_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Came> came_;
  std::vector<std::string> why_;
  size_t count_ = 0, bytes_ = 0;
  uint32_t next_tag_ = 0;
  bool keep_ = true;
  Status answer_;
};

class ConnectionTest : public ::testing::Test {
 protected:
  ConnectionTest() {
    tcp::acceptor acceptor(io_.context(), {asio::ip::address_v4::loopback(), 0});
    Socket socket(io_.context());
    raw_.connect(acceptor.local_endpoint());
    acceptor.accept(socket);
    here_ = connection(std::move(socket), here_owner_);
  }

  ~ConnectionTest() override {
    std::vector<std::future<void>> closed;
    for (const auto& connection : all_) closed.push_back(finish(connection));
    for (auto& one : closed) one.wait();
    io_.stop();
  }

  std::shared_ptr<Connection> connection(Socket socket, std::shared_ptr<Recorder> owner) {
    auto made = std::make_shared<Connection>(
        io_.context(), std::make_unique<Link>(std::move(socket), nullptr), io_.frames(), 0);
    on_io([&] { made->start(owner, {}); });
    all_.push_back(made);
    return made;
  }

  // A connection at the other end, too, instead of the bare socket.
  void connect_there() { there_ = connection(std::move(raw_), there_owner_); }

  // Calls it on the io thread and waits.
  void on_io(const std::function<void()>& what) {
    std::promise<void> done;
    io_.post([&] {
      what();
      done.set_value();
    });
    done.get_future().wait();
  }

  std::future<void> finish(const std::shared_ptr<Connection>& connection, bool hurry = true) {
    auto done = std::make_shared<std::promise<void>>();
    auto future = done->get_future();
    io_.post([this, connection, done, hurry] {
      connection->finish(frame(FrameType::kBye, 0, "bye"), hurry, [done] { done->set_value(); });
    });
    return future;
  }

  Frame frame(FrameType type, uint32_t tag, const std::string& body) {
    return make_frame(io_.frames(), type, tag, body);
  }
  std::string text(FrameType type, uint32_t tag, const std::string& body) {
    const Frame made = frame(type, tag, body);
    return {reinterpret_cast<const char*>(made.bytes().data()), made.size};
  }
  void write_raw(const std::string& bytes) { asio::write(raw_, asio::buffer(bytes)); }

  IoThread io_{silent_log()};
  std::shared_ptr<Recorder> here_owner_ = std::make_shared<Recorder>();
  std::shared_ptr<Recorder> there_owner_ = std::make_shared<Recorder>();
  Socket raw_{io_.context()};  // the other end
  std::shared_ptr<Connection> here_, there_;
  std::vector<std::shared_ptr<Connection>> all_;
};

TEST_F(ConnectionTest, FramesComeInTheOrderInWhichTheyWereSent) {
  connect_there();
  there_owner_->only_count();
  constexpr uint32_t kFrames = 100'000;
  for (uint32_t i = 0; i < kFrames; ++i) {
    here_->send(
        frame(i % 3 == 0 ? FrameType::kBlock : FrameType::kCredit, i, std::string(i % 50, 'x')));
  }
  there_owner_->wait_for(kFrames);
  EXPECT_FALSE(there_owner_->has_ended());
}

TEST_F(ConnectionTest, SmallAndLargeFramesMix) {
  connect_there();
  const std::vector<size_t> sizes = {0, 1, 70'000, 3, 65'520, 65'521, 1'000'000, 5, 40'000, 0};
  for (uint32_t i = 0; i < sizes.size(); ++i) {
    for (const FrameType type : {FrameType::kBlock, FrameType::kRows}) {
      here_->send(frame(type, i, std::string(sizes[i], static_cast<char>('a' + i))));
    }
  }
  const auto came = there_owner_->wait_for(2 * sizes.size());
  ASSERT_EQ(came.size(), 2 * sizes.size());
  for (uint32_t i = 0; i < sizes.size(); ++i) {
    for (const size_t at : {2 * i, 2 * i + 1}) {
      EXPECT_EQ(came[at].tag, i);
      EXPECT_EQ(came[at].body, std::string(sizes[i], static_cast<char>('a' + i)));
    }
    EXPECT_TRUE(came[2 * i].in_chunk) << "a block lies where it may stay";
  }
}

TEST_F(ConnectionTest, AFrameOf64MiBArrives) {
  connect_there();
  std::string body(size_t{64} << 20, '\0');
  for (size_t i = 0; i < body.size(); i += 4096) body[i] = static_cast<char>(i >> 12);
  here_->send(frame(FrameType::kBlock, 7, body));
  here_->send(frame(FrameType::kCredit, 8, "after it"));
  const auto came = there_owner_->wait_for(2);
  EXPECT_TRUE(came[0].body == body);
  EXPECT_EQ(came[1].body, "after it");
}

TEST_F(ConnectionTest, CompressedBodiesArriveUnpacked) {
  connect_there();
  const std::string body(100'000, 'z');
  for (const auto with :
       {ClusterSettings::Compression::kLz4, ClusterSettings::Compression::kZstd}) {
    ArenaRef chunk = frame_chunk(io_.frames(), static_cast<uint32_t>(body.size()));
    std::memcpy(body_of(chunk.get()), body.data(), body.size());
    Frame packed = cluster::finish(io_.frames(), std::move(chunk), FrameType::kBlock, 1,
                                   static_cast<uint32_t>(body.size()), with);
    EXPECT_LT(packed.size, body.size() / 10);
    here_->send(std::move(packed));
  }
  const auto came = there_owner_->wait_for(2);
  EXPECT_EQ(came[0].body, body);
  EXPECT_EQ(came[1].body, body);
}

TEST_F(ConnectionTest, AFrameMayComeByteByByte) {
  const std::string bytes =
      text(FrameType::kBlock, 1, "hello") + text(FrameType::kCredit, 2, "world");
  for (const char byte : bytes) write_raw(std::string(1, byte));
  const auto came = here_owner_->wait_for(2);
  EXPECT_EQ(came[0].body, "hello");
  EXPECT_EQ(came[1].body, "world");
}

TEST_F(ConnectionTest, WhoSentIsToldWhenAFrameHasLeft) {
  connect_there();
  std::promise<void> left;
  here_->send(frame(FrameType::kBlock, 0, "x"), [&] { left.set_value(); });
  left.get_future().wait();
  there_owner_->wait_for(1);
}

TEST_F(ConnectionTest, WhatCanNoLongerLeaveIsSaidToHaveLeft) {
  // The other one does not read: most of this stays here until the connection is lost.
  std::atomic<int> told{0};
  std::promise<void> all;
  constexpr int kFrames = 400;
  for (int i = 0; i < kFrames; ++i) {
    here_->send(frame(FrameType::kBlock, 0, std::string(100'000, 'x')), [&] {
      if (++told == kFrames) all.set_value();
    });
  }
  EXPECT_LT(told.load(), kFrames);
  raw_.close();
  all.get_future().wait();
  here_owner_->wait_for_end();
  here_->send(frame(FrameType::kBlock, 0, "late"), [&] { ++told; });
  EXPECT_EQ(told.load(), kFrames + 1);
}

TEST_F(ConnectionTest, AClosedConnectionIsNoticed) {
  raw_.close();
  EXPECT_EQ(here_owner_->wait_for_end(), "the connection was closed");
}

TEST_F(ConnectionTest, AResetConnectionIsNoticed) {
  raw_.set_option(asio::socket_base::linger(true, 0));
  raw_.close();
  EXPECT_EQ(here_owner_->wait_for_end(), "the connection was reset");
}

TEST_F(ConnectionTest, WhatWasSentBeforeAResetIsStillRead) {
  // Makes writing fail here while there is something to read.
  write_raw(text(FrameType::kCredit, 0, "last words"));
  raw_.set_option(asio::socket_base::linger(true, 0));
  raw_.close();
  for (int i = 0; i < 10; ++i) here_->send(frame(FrameType::kBlock, 0, std::string(100'000, 'x')));
  EXPECT_EQ(here_owner_->wait_for(1).front().body, "last words");
  here_owner_->wait_for_end();
}

TEST_F(ConnectionTest, GarbageEndsIt) {
  write_raw("GET / HTTP/1.1\r\nHost: example\r\n\r\n");
  EXPECT_NE(here_owner_->wait_for_end().find("not a frame"), std::string::npos);
  EXPECT_EQ(here_owner_->count(), 0u);
}

TEST_F(ConnectionTest, ADamagedFrameEndsIt) {
  std::string bytes = text(FrameType::kBlock, 0, "damaged on its way");
  bytes.back() ^= 1;
  write_raw(text(FrameType::kBlock, 0, "good") + bytes);
  EXPECT_NE(here_owner_->wait_for_end().find("checksum"), std::string::npos);
  EXPECT_EQ(here_owner_->count(), 1u);
}

TEST_F(ConnectionTest, AnOversizedFrameEndsIt) {
  std::string bytes = text(FrameType::kBlock, 0, "x");
  const uint32_t size = kMaxBody + 1;
  std::memcpy(bytes.data(), &size, sizeof size);
  write_raw(bytes);
  EXPECT_NE(here_owner_->wait_for_end().find("1073741825 bytes"), std::string::npos);
}

TEST_F(ConnectionTest, ATruncatedFrameIsNotHandedOn) {
  const std::string bytes = text(FrameType::kBlock, 0, std::string(100'000, 'x'));
  write_raw(bytes.substr(0, bytes.size() - 1));
  raw_.close();
  here_owner_->wait_for_end();
  EXPECT_EQ(here_owner_->count(), 0u);
}

TEST_F(ConnectionTest, AnOwnerThatTakesAFrameBadlyEndsIt) {
  here_owner_->answer_with(Status::failed("it asks for the impossible"));
  write_raw(text(FrameType::kEpoch, 0, "x") + text(FrameType::kEpoch, 1, "y"));
  EXPECT_EQ(here_owner_->wait_for_end(), "it asks for the impossible");
  EXPECT_EQ(here_owner_->count(), 1u);
}

TEST_F(ConnectionTest, ASilentOneIsLostAfterSoManyTicks) {
  for (int i = 0; i < 4; ++i) on_io([&] { here_->tick(4, 10 * kSecond); });
  EXPECT_FALSE(here_owner_->has_ended()) << "it was heard of when it was connected";
  on_io([&] { here_->tick(4, 10 * kSecond); });
  EXPECT_EQ(here_owner_->wait_for_end(), "nothing was heard of it for 10s");
}

TEST_F(ConnectionTest, HeartbeatsKeepAQuietConnectionAlive) {
  connect_there();
  for (int i = 0; i < 40; ++i) {
    on_io([&] { there_->tick(1000, kSecond); });
    // Until what was sent has come: ticks may come faster here than frames.
    for (int wait = 0; wait < 3; ++wait) on_io([] {});
    on_io([&] { here_->tick(20, kSecond); });
  }
  EXPECT_FALSE(here_owner_->has_ended());
  EXPECT_EQ(here_owner_->count(), 0u) << "heartbeats are not handed on";
}

TEST_F(ConnectionTest, WhatCameWhileThisProcessWasStoppedIsReadBeforeItJudges) {
  // On the io thread nothing is read between the ticks, as when the process is stopped.
  std::promise<void> written;
  on_io([&] {
    write_raw(text(FrameType::kCredit, 0, "I am alive"));
    for (int i = 0; i < 100; ++i) here_->tick(4, kSecond);
  });
  EXPECT_EQ(here_owner_->wait_for(1).front().body, "I am alive");
  EXPECT_FALSE(here_owner_->has_ended());
}

TEST_F(ConnectionTest, GoodByeIsTheLastOfAllFrames) {
  connect_there();
  for (uint32_t i = 0; i < 1000; ++i)
    here_->send(frame(FrameType::kBlock, i, std::string(999, 'x')));
  finish(here_, false).wait();
  const auto came = there_owner_->wait_for(1001);
  EXPECT_EQ(came.back().type, FrameType::kBye);
  EXPECT_EQ(came.back().body, "bye");
  EXPECT_EQ(there_owner_->wait_for_end(), "the connection was closed");
  EXPECT_FALSE(here_owner_->has_ended()) << "who finishes is not told";
  all_.erase(all_.begin());
}

TEST_F(ConnectionTest, GoodByeOvertakesWhatIsQueuedWhenThereIsHurry) {
  constexpr size_t kFrames = 1000;
  const std::string body(100'000, 'x');
  for (uint32_t i = 0; i < kFrames; ++i) here_->send(frame(FrameType::kBlock, i, body));
  auto finished = finish(here_, true);
  connect_there();
  EXPECT_EQ(there_owner_->wait_for_end(), "the connection was closed");
  const auto came = there_owner_->wait_for(1);
  EXPECT_EQ(came.back().body, "bye");
  EXPECT_LT(came.size(), kFrames);
  finished.wait();
  all_.erase(all_.begin());
}

TEST_F(ConnectionTest, OneThatDoesNotReadHoldsUpNoGoodBye) {
  for (int i = 0; i < 400; ++i) here_->send(frame(FrameType::kBlock, 0, std::string(100'000, 'x')));
  const auto begin = std::chrono::steady_clock::now();
  finish(here_, false).wait();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(30));
  all_.clear();
}

TEST_F(ConnectionTest, WhatAConnectionHoldsIsGivenBackBeforeItSaysThatItIsClosed) {
  write_raw(text(FrameType::kBlock, 0, std::string(100'000, 'x')).substr(0, 50'000));
  for (int i = 0; i < 400; ++i) here_->send(frame(FrameType::kBlock, 0, std::string(100'000, 'x')));
  finish(here_, false).wait();
  EXPECT_EQ(io_.frames().in_use(), 0u);
  all_.clear();
}

}  // namespace
}  // namespace streamhost::cluster
