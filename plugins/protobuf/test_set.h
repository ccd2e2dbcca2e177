// Descriptor sets for tests.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

namespace streamhost::protobuf {

// What protoc made of testdata/: two.proto, and then three.proto.
inline const char* const kTestSet = STREAMHOST_TEST_DESCRIPTOR_SET;

// A file of any bytes, which goes when this does.
class TestSet {
 public:
  explicit TestSet(const std::string& bytes) {
    char path[] = "/tmp/streamhost-protobuf-XXXXXX";
    const int fd = ::mkstemp(path);
    if (fd < 0) throw std::runtime_error("no temporary file");
    ::close(fd);
    path_ = path;
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~TestSet() { std::remove(path_.c_str()); }
  TestSet(const TestSet&) = delete;
  TestSet& operator=(const TestSet&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace streamhost::protobuf
