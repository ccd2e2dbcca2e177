// Files for the tests of this folder, in a directory of their own that goes away with them.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <streamhost/sdk.hpp>
#include <string>
#include <string_view>

namespace file_plugin {

class TestFiles {
 public:
  TestFiles() {
    std::string pattern = (std::filesystem::temp_directory_path() / "file_test_XXXXXX").native();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TestFiles() { std::filesystem::remove_all(path_); }
  TestFiles(const TestFiles&) = delete;
  TestFiles& operator=(const TestFiles&) = delete;

  std::string operator/(std::string_view name) const { return (path_ / name).native(); }
  std::string write(std::string_view name, std::string_view content) const {
    const auto path = path_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path.native();
  }
  void append(std::string_view name, std::string_view content) const {
    std::ofstream(path_ / name, std::ios::binary | std::ios::app) << content;
  }
  std::string read(std::string_view name) const {
    std::ifstream file(path_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::filesystem::path path_;
};

// The message of the streamhost::Error that `body` throws; empty when it throws none.
template <class Body>
std::string failure(Body&& body) {
  try {
    body();
  } catch (const streamhost::Error& e) {
    return e.what();
  }
  return "";
}

}  // namespace file_plugin
