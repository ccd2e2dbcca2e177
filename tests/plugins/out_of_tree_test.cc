// Installs the SDK, builds plugins against nothing but that, and runs them in one job.
#include <gtest/gtest.h>

#include <filesystem>

#include "support/process.h"

namespace streamhost::testing {
namespace {

namespace fs = std::filesystem;

// One installed SDK for all tests of this program.
class OutOfTree : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    dir_ = new TempDir();
    const RunResult r = run({STREAMHOST_CMAKE, "--install", STREAMHOST_BUILD_DIR, "--component",
                             "sdk", "--prefix", *dir_ / "sdk"});
    ASSERT_EQ(r.status, 0) << r.out << r.err;
  }
  static void TearDownTestSuite() {
    delete dir_;
    dir_ = nullptr;
  }

  static std::string sdk() { return *dir_ / "sdk"; }
  static std::string path(const std::string& name) { return *dir_ / name; }

  // Builds the project in `source` and gives the folder that then holds the plugin.
  static std::string build(const std::string& source, const std::string& name) {
    const std::string folder = path("build/" + name);
    const RunResult configured =
        run({STREAMHOST_CMAKE, "-S", source, "-B", folder, "-DCMAKE_PREFIX_PATH=" + sdk(),
             "-DCMAKE_C_COMPILER=" STREAMHOST_C_COMPILER,
             "-DCMAKE_CXX_COMPILER=" STREAMHOST_CXX_COMPILER,
             "-DCMAKE_CXX_COMPILER_LAUNCHER=" STREAMHOST_COMPILER_LAUNCHER});
    EXPECT_EQ(configured.status, 0) << configured.out << configured.err;
    const RunResult built = run({STREAMHOST_CMAKE, "--build", folder});
    EXPECT_EQ(built.status, 0) << built.out << built.err;
    return folder;
  }

  static TempDir* dir_;
};
TempDir* OutOfTree::dir_ = nullptr;

TEST_F(OutOfTree, PluginsInCWithLambdasAndWithClassesRunInOneJob) {
  RunOptions options;
  std::string folders;
  for (const char* name : {"in_c", "lambdas", "classes"}) {
    const std::string source = std::string(STREAMHOST_OUT_OF_TREE) + "/" + name;
    folders += (folders.empty() ? "" : ":") + build(source, name);
  }
  if (HasFailure()) return;
  options.environment = {"STREAMHOST_PLUGIN_PATH=" + folders};
  const std::string manifest =
      dir_->write("job.toml", read_file(std::string(STREAMHOST_OUT_OF_TREE) + "/job.toml"));
  for (const char* workers : {"1", "2", "3"}) {
    const RunResult r = streamhost({"--manifest", manifest, "-w", workers}, options);
    ASSERT_EQ(r.status, 0) << r.err;
    std::string lines;
    for (const auto& entry : fs::directory_iterator(dir_->path())) {
      if (entry.path().filename().string().rfind("out.", 0) != 0) continue;
      lines += read_file(entry.path());
      fs::remove(entry.path());
    }
    // The largest numbers by their last digit are 1000, 992, 994, 996 and 998.
    EXPECT_EQ(sorted_lines(lines),
              (std::vector<std::string>{"0=1", "2=299", "4=499", "6=699", "8=899"}))
        << workers << " workers";
  }
}

TEST_F(OutOfTree, ThePluginsExportOneSymbolOnly) {
  const std::string folder = build(std::string(STREAMHOST_OUT_OF_TREE) + "/lambdas", "symbols");
  const RunResult r =
      run({"nm", "--dynamic", "--defined-only", "--format=posix", folder + "/lambdas.so"});
  if (r.status == 127) GTEST_SKIP() << "NOT CHECKED: nm is not installed";
  EXPECT_EQ(r.out.rfind("streamhost_plugin ", 0), 0u) << r.out;
  EXPECT_EQ(sorted_lines(r.out).size(), 1u) << r.out;
}

TEST_F(OutOfTree, TheTemplateBuildsAndRunsAsItStands) {
  const std::string project = path("acme");
  fs::copy(path("sdk/share/streamhost/template"), project, fs::copy_options::recursive);
  run({STREAMHOST_CMAKE, "-S", project, "-B", project + "/build", "-DCMAKE_PREFIX_PATH=" + sdk(),
       "-DCMAKE_CXX_COMPILER=" STREAMHOST_CXX_COMPILER,
       "-DCMAKE_CXX_COMPILER_LAUNCHER=" STREAMHOST_COMPILER_LAUNCHER});
  const RunResult built = run({STREAMHOST_CMAKE, "--build", project + "/build"});
  ASSERT_EQ(built.status, 0) << built.out << built.err;
  RunOptions options;
  options.input = "hello\nworld\n";
  const RunResult r = streamhost({"--manifest", project + "/job.toml"}, options);
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_EQ(r.out, "HELLO\nHELLO\nHELLO\nWORLD\nWORLD\nWORLD\n") << r.err;
}

TEST_F(OutOfTree, PkgConfigKnowsTheHeadersWhereverTheyWereInstalled) {
  RunOptions options;
  options.environment = {"PKG_CONFIG_PATH=" + sdk() + "/share/pkgconfig"};
  const RunResult flags = run({"pkg-config", "--cflags", "streamhost"}, options);
  if (flags.status == 127) GTEST_SKIP() << "NOT CHECKED: pkg-config is not installed";
  ASSERT_EQ(flags.status, 0) << flags.err;
  const std::string plugin = path("in_c.so");
  const RunResult built =
      run({"sh", "-c",
           STREAMHOST_C_COMPILER " -std=c99 -shared -fPIC -fvisibility=hidden "
                                 "$(pkg-config --cflags streamhost) "
                                 "-Wl,--version-script=$(pkg-config --variable=version_script "
                                 "streamhost) " STREAMHOST_OUT_OF_TREE "/in_c/plugin.c -o " +
               plugin},
          options);
  EXPECT_EQ(built.status, 0) << built.err;
  EXPECT_TRUE(fs::exists(plugin));
}

}  // namespace
}  // namespace streamhost::testing
