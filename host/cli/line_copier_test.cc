#include "cli/line_copier.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <thread>

namespace streamhost {
namespace {

class LineCopier : public ::testing::Test {
 protected:
  LineCopier() {
    EXPECT_EQ(::pipe2(in_.data(), O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(out_.data(), O_CLOEXEC), 0);
  }
  ~LineCopier() override {
    ::close(out_[0]);
    ::close(out_[1]);
  }
  void write(std::string_view text) {
    EXPECT_EQ(::write(in_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void close_input() { ::close(in_[1]); }
  // What has come through, of at least `size` bytes.
  std::string read(size_t size) {
    std::string all;
    while (all.size() < size) {
      char buffer[4096];
      const ssize_t got = ::read(out_[0], buffer, sizeof buffer);
      if (got <= 0) break;
      all.append(buffer, static_cast<size_t>(got));
    }
    return all;
  }

  std::array<int, 2> in_{}, out_{};
  std::mutex turn_;
};

TEST_F(LineCopier, CopiesLinesBehindAPrefix) {
  write("a\n\nb\nc");
  close_input();
  copy_lines(in_[0], out_[1], "[1] ", turn_);
  EXPECT_EQ(read(23), "[1] a\n[1] \n[1] b\n[1] c\n");
}

TEST_F(LineCopier, LeavesBytesAsTheyAreWithoutAPrefix) {
  write("a\nb");
  close_input();
  copy_lines(in_[0], out_[1], "", turn_);
  EXPECT_EQ(read(3), "a\nb");
}

TEST_F(LineCopier, WaitsForTheEndOfALine) {
  std::jthread copier([&] { copy_lines(in_[0], out_[1], "", turn_); });
  write("one\ntw");
  EXPECT_EQ(read(4), "one\n");
  write("o\nthree\n");
  EXPECT_EQ(read(10), "two\nthree\n");
  close_input();
}

TEST_F(LineCopier, ALineWithoutEndIsNotGatheredForEver) {
  std::jthread copier([&] { copy_lines(in_[0], out_[1], "", turn_); });
  const std::string part(1 << 16, 'x');
  std::jthread writer([&] {
    for (int i = 0; i < 64; ++i) write(part);
    close_input();
  });
  EXPECT_GE(read(3 << 20).size(), size_t{3} << 20);
  read(1 << 20);
}

TEST_F(LineCopier, WhoeverWritesLearnsThatNobodyReads) {
  ::signal(SIGPIPE, SIG_IGN);
  ::close(out_[0]);
  std::jthread copier([&] { copy_lines(in_[0], out_[1], "", turn_); });
  while (::write(in_[1], "x\n", 2) == 2) continue;
  EXPECT_EQ(errno, EPIPE);
  close_input();
}

}  // namespace
}  // namespace streamhost
