// The ABI headers are for every compiler and language level that a plugin may use.
#include <gtest/gtest.h>

#include <filesystem>

#include "support/process.h"

namespace streamhost::testing {
namespace {

namespace fs = std::filesystem;

bool is_there(const std::string& compiler) { return run({compiler, "--version"}).status == 0; }

struct Level {
  std::vector<std::string> compilers;  // each that is there is tried
  std::string language;                // for -x
  std::string standard;
};

void PrintTo(const Level& level, std::ostream* out) { *out << level.standard; }

std::vector<fs::path> headers() {
  std::vector<fs::path> result{fs::path(SDK_INCLUDE) / "streamhost/abi.h"};
  for (const auto& entry : fs::directory_iterator(fs::path(SDK_INCLUDE) / "streamhost/abi")) {
    result.push_back(entry.path());
  }
  return result;
}

class AbiHeaders : public ::testing::TestWithParam<Level> {};

TEST_P(AbiHeaders, EachCompilesByItselfWithoutAWarning) {
  const Level& level = GetParam();
  bool tried = false;
  for (const std::string& compiler : level.compilers) {
    if (!is_there(compiler)) continue;
    tried = true;
    for (const fs::path& header : headers()) {
      RunOptions options;
      options.input = "#include <" + fs::relative(header, SDK_INCLUDE).string() + ">\n" +
                      "extern int not_empty;\n";
      const RunResult r =
          run({compiler, "-x", level.language, "-std=" + level.standard, "-pedantic", "-Wall",
               "-Wextra", "-Werror", "-fsyntax-only", "-I", SDK_INCLUDE, "-"},
              options);
      EXPECT_EQ(r.status, 0) << compiler << " " << header << "\n" << r.err;
    }
  }
  if (!tried) GTEST_SKIP() << "NOT CHECKED: no compiler for " << level.standard << " is installed";
}

const std::vector<std::string> kC = {ABI_C_COMPILER, "clang"};
const std::vector<std::string> kCxx = {ABI_CXX_COMPILER, "clang++"};

std::string level_name(const ::testing::TestParamInfo<Level>& level) {
  std::string name = level.param.standard;
  for (size_t at = 0; (at = name.find('+', at)) != std::string::npos;) name.replace(at, 1, "x");
  return name;
}

INSTANTIATE_TEST_SUITE_P(Levels, AbiHeaders,
                         ::testing::Values(Level{kC, "c", "c99"}, Level{kC, "c", "c11"},
                                           Level{kC, "c", "c17"}, Level{kCxx, "c++", "c++11"},
                                           Level{kCxx, "c++", "c++14"}, Level{kCxx, "c++", "c++17"},
                                           Level{kCxx, "c++", "c++20"}),
                         level_name);

}  // namespace
}  // namespace streamhost::testing
