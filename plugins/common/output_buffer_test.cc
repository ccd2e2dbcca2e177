#include "common/output_buffer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <streamhost/sdk.hpp>

#include "common/descriptor.h"

namespace plugin_common {
namespace {

std::string content(int fd) {
  std::string text(static_cast<size_t>(::lseek(fd, 0, SEEK_END)), '\0');
  EXPECT_EQ(::pread(fd, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  return text;
}

template <class Body>
std::string failure(Body&& body) {
  try {
    body();
  } catch (const streamhost::Error& e) {
    return e.what();
  }
  return "";
}

TEST(OutputBuffer, WritesOnFlushOrWhenFullAndCountsBytes) {
  const Descriptor file(::memfd_create("test", MFD_CLOEXEC));
  OutputBuffer buffer(file.get(), "\"f\"", 7);
  std::string expected;
  for (int i = 0; i < 100'000; ++i) {
    const std::string piece = std::to_string(i) + "\n";
    expected += piece;
    if (i % 2 == 0) {
      buffer.append(piece);
    } else {
      char* to = buffer.room(piece.size());
      std::memcpy(to, piece.data(), piece.size());
      buffer.keep(to + piece.size());
    }
  }
  EXPECT_EQ(buffer.offset(), 7 + expected.size());
  EXPECT_LT(content(file.get()).size(), expected.size());
  buffer.flush();
  EXPECT_EQ(content(file.get()), expected);
}

TEST(OutputBuffer, BytesLargerThanTheBufferKeepTheirPlace) {
  const Descriptor file(::memfd_create("test", MFD_CLOEXEC));
  OutputBuffer buffer(file.get(), "\"f\"", 0);
  const std::string large(OutputBuffer::kCapacity + 1, 'x');
  buffer.append("before");
  buffer.append(large);
  buffer.append("after");
  buffer.flush();
  EXPECT_EQ(content(file.get()), "before" + large + "after");
}

TEST(OutputBuffer, AFullDiskIsNamedWithTheOffset) {
  const Descriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  OutputBuffer buffer(full.get(), "\"out.txt\"", 42);
  buffer.append("text");
  EXPECT_EQ(failure([&] { buffer.flush(); }),
            "cannot write to \"out.txt\" at byte 42: No space left on device");
}

TEST(OutputBuffer, AClosedPipeIsSaidInWords) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Descriptor writing(ends[1]);
  ::close(ends[0]);
  OutputBuffer buffer(writing.get(), "standard output", 0);
  buffer.append("text");
  EXPECT_EQ(failure([&] { buffer.flush(); }), "standard output was closed");
}

}  // namespace
}  // namespace plugin_common
