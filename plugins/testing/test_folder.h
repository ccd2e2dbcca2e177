// A folder for one test, gone with it; and what went wrong.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <streamhost/sdk.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace testing_plugin {

class TestFolder {
 public:
  TestFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "testing_test_XXXXXX").native();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  std::string operator/(std::string_view name) const { return (path_ / name).native(); }
  std::string write(std::string_view name, std::string_view content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return (path_ / name).native();
  }
  std::string read(std::string_view name) const {
    std::ifstream file(path_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // The names in a folder of it, sorted.
  std::vector<std::string> list(std::string_view name) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_ / name)) {
      names.push_back(entry.path().filename().native());
    }
    std::sort(names.begin(), names.end());
    return names;
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

}  // namespace testing_plugin
