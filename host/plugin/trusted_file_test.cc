#include "plugin/trusted_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/process.h"

namespace streamhost {
namespace {

namespace fs = std::filesystem;
using testing::TempDir;

constexpr const char* kAbcDigest =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

std::string refusal(const fs::path& path, const std::string& sha256 = "") {
  return open_trusted(path, sha256).status().message();
}

TEST(TrustedFile, OpensWhatOnlyItsOwnerMayWrite) {
  TempDir dir;
  const std::string file = dir.write("a.so", "abc");
  Result<OpenFile> opened = open_trusted(file, "");
  ASSERT_TRUE(opened) << opened.status().message();
  EXPECT_GE(opened->fd(), 0);
}

TEST(TrustedFile, RefusesAFileThatEverybodyMayWrite) {
  TempDir dir;
  const std::string file = dir.write("a.so", "abc");
  fs::permissions(file, fs::perms::others_write, fs::perm_options::add);
  EXPECT_EQ(refusal(file),
            "the file can be written by everybody; take that right away (chmod o-w)");
}

TEST(TrustedFile, RefusesAFolderThatEverybodyMayWrite) {
  TempDir dir;
  const std::string file = dir.write("open/a.so", "abc");
  fs::permissions(dir.path() / "open", fs::perms::others_write, fs::perm_options::add);
  EXPECT_EQ(refusal(file), "its folder " + (dir / "open") +
                               " can be written by everybody; take that right away (chmod o-w)");
}

TEST(TrustedFile, ALinkDoesNotHideTheFolderItLeadsTo) {
  TempDir dir;
  const std::string file = dir.write("open/a.so", "abc");
  fs::permissions(dir.path() / "open", fs::perms::others_write, fs::perm_options::add);
  dir.write("closed/keep", "");
  fs::create_symlink(file, dir / "closed/a.so");
  EXPECT_NE(refusal(dir / "closed/a.so").find("its folder " + (dir / "open")), std::string::npos);
}

TEST(TrustedFile, RefusesOwnersAndGroupsThatAreOthers) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  TempDir dir;
  const std::string file = dir.write("a.so", "abc");
  ASSERT_EQ(::chown(file.c_str(), 4711, 0), 0);
  EXPECT_NE(refusal(file).find("the file belongs to user 4711"), std::string::npos);
  ASSERT_EQ(::chown(file.c_str(), 0, 4711), 0);
  EXPECT_EQ(refusal(file), "");
  ASSERT_EQ(::chmod(file.c_str(), 0664), 0);
  EXPECT_NE(refusal(file).find("the file can be written by group 4711"), std::string::npos);
  ASSERT_EQ(::chown(file.c_str(), 0, 0), 0);
  EXPECT_EQ(refusal(file), "");
}

TEST(TrustedFile, RefusesWhatIsNoRegularFile) {
  TempDir dir;
  EXPECT_EQ(refusal(dir.path()), "is not a regular file");
  ASSERT_EQ(::mkfifo((dir / "pipe.so").c_str(), 0600), 0);
  EXPECT_EQ(refusal(dir / "pipe.so"), "is not a regular file");
  EXPECT_EQ(refusal(dir / "none.so"), "cannot be opened: No such file or directory");
}

TEST(TrustedFile, ComparesTheDigestInEitherCase) {
  TempDir dir;
  const std::string file = dir.write("a.so", "abc");
  EXPECT_EQ(refusal(file, kAbcDigest), "");
  std::string upper = kAbcDigest;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ(refusal(file, upper), "");
  const std::string other(64, 'f');
  EXPECT_EQ(refusal(file, other),
            std::string("its SHA-256 digest is ") + kAbcDigest + ", but " + other + " is required");
}

}  // namespace
}  // namespace streamhost
