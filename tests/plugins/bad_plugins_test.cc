// What the host says, and how it ends, when a job names a plugin that is wrong.
#include "plugins/bad_plugins.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/process.h"

namespace streamhost::testing {
namespace {

namespace fs = std::filesystem;

const std::string kFolder = STREAMHOST_TEST_PLUGINS "/bad";

// Checks a job in which nothing is wrong but its source, `plugin`.thing.
RunResult check_job_with(const TempDir& dir, const std::string& plugin, const std::string& folder,
                         const std::string& more = "") {
  const std::string manifest =
      dir.write("job.toml", "name = \"bad\"\n\n[plugins]\npaths = [\"" + folder + "\"]\n" + more +
                                "\n[source.a]\nuse = \"" + plugin +
                                ".thing\"\n\n[sink.b]\nuse = \"stdio.lines\"\nfrom = \"a\"\n");
  return streamhost({"check", "--manifest", manifest});
}

class BadPlugins : public ::testing::TestWithParam<BadPlugin> {};

TEST_P(BadPlugins, EndTheHostWithOneClearMessageAndStatusThree) {
  TempDir dir;
  const RunResult r = check_job_with(dir, GetParam().name, kFolder);
  EXPECT_EQ(r.status, 3) << r.err;
  EXPECT_NE(r.err.find(GetParam().message), std::string::npos) << r.err;
  EXPECT_NE(r.err.find(kFolder + "/" + GetParam().name + ".so"), std::string::npos) << r.err;
  EXPECT_EQ(r.out, "");
}

std::string test_name(const ::testing::TestParamInfo<BadPlugin>& plugin) {
  return std::string(plugin.param.name) + "_" + std::to_string(plugin.index);
}

INSTANTIATE_TEST_SUITE_P(All, BadPlugins, ::testing::ValuesIn(bad_plugins()), test_name);

TEST(BadPluginFiles, AreRefusedWhenOthersMayWriteThem) {
  TempDir dir;
  fs::create_directory(dir.path() / "plugins");
  const fs::path file = dir.path() / "plugins/sample.so";
  fs::copy_file(STREAMHOST_TEST_PLUGINS "/good/sample.so", file);
  fs::permissions(file, fs::perms::others_write, fs::perm_options::add);
  const RunResult r = check_job_with(dir, "sample", dir / "plugins");
  EXPECT_EQ(r.status, 3) << r.err;
  EXPECT_NE(r.err.find("the file can be written by everybody"), std::string::npos) << r.err;

  fs::permissions(file, fs::perms::others_write, fs::perm_options::remove);
  fs::permissions(dir.path() / "plugins", fs::perms::others_write, fs::perm_options::add);
  const RunResult open_folder = check_job_with(dir, "sample", dir / "plugins");
  EXPECT_EQ(open_folder.status, 3) << open_folder.err;
  EXPECT_NE(
      open_folder.err.find("its folder " + (dir / "plugins") + " can be written by everybody"),
      std::string::npos)
      << open_folder.err;
}

TEST(BadPluginFiles, AreRefusedWhenTheDigestIsAnother) {
  TempDir dir;
  const RunResult r = check_job_with(dir, "sample", STREAMHOST_TEST_PLUGINS "/good",
                                     "sha256 = { sample = \"" + std::string(64, '0') + "\" }\n");
  EXPECT_EQ(r.status, 3) << r.err;
  EXPECT_NE(r.err.find("its SHA-256 digest is "), std::string::npos) << r.err;
}

TEST(BadPluginFiles, ThatAreNotThereAreNamedWithThePlacesLookedAt) {
  TempDir dir;
  const RunResult r = check_job_with(dir, "nobody", kFolder);
  EXPECT_EQ(r.status, 3) << r.err;
  EXPECT_NE(r.err.find("plugin \"nobody\" was not found in " + kFolder), std::string::npos)
      << r.err;
}

}  // namespace
}  // namespace streamhost::testing
